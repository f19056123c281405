// SPDX-License-Identifier: BSD-3-Clause
// The record of a trial: a boot environment that has yet to prove itself, and how often it may still be tried. It lies
// on the EFI system partition, since the menu imports pools read-only and `bootfs` stays on the last good environment.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"

namespace kld::boot {

struct Trial {
    std::uint64_t sequence = 0;  ///< of two records the higher one counts
    std::uint64_t pool_guid = 0;
    std::string dataset{};  ///< "rpool/ROOT/new"; empty: there is no trial
    unsigned left = 0;      ///< boots that it may still have
    unsigned allowed = 0;   ///< that it had at first
    /// One boot and no more, whatever comes of it: nothing becomes the default.
    bool once = false;

    bool operator==(const Trial&) const = default;
};

/// Below the EFI system partition. There are two, each written in its place without changing the file's size: a write
/// that a power cut tears leaves the other one.
inline constexpr std::array<const char*, 2> kTrialSlots{"EFI/kldload/trial.0", "EFI/kldload/trial.1"};
inline constexpr std::size_t kSlotBytes = 512;

/// What the kernel of a trial finds on its command line: "kldload.trial=<sequence>"; for one boot "kldload.once".
inline constexpr const char* kTrialArgument = "kldload.trial=";
inline constexpr const char* kOnceArgument = "kldload.once";

/// kSlotBytes bytes with a checksum. Errors cannot come up: names of datasets have 255 bytes at most.
std::string to_slot(const Trial& trial);

/// Nothing for a slot that is torn, empty or of another version.
std::optional<Trial> parse_slot(std::string_view bytes);

/// The newest of those that can be read; an ended trial (without a dataset) counts as one.
std::optional<Trial> newest(const std::optional<Trial>& first, const std::optional<Trial>& second);

/// @param esp  the EFI system partition's directory. Nothing where there is no record.
std::optional<Trial> read_trial(Files& files, const std::string& esp);

/// Writes it into the older slot, flushed. The directory EFI/kldload must be there.
Status write_trial(Files& files, const std::string& esp, const Trial& trial);

/// Which of the two slots is to be written next: the one that is not the newest. @returns 0 or 1
std::size_t slot_to_write(const std::optional<Trial>& first, const std::optional<Trial>& second);

}  // namespace kld::boot
