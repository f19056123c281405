// SPDX-License-Identifier: BSD-3-Clause
// Brings the boot files of a package onto the EFI system partition, so that the machine boots whenever it is
// interrupted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/result.h"

namespace kld::esp {

/// In this order: what starts others comes last.
extern const std::vector<std::string> kBootFiles;

/// Where the one before is kept, below the partition.
inline constexpr const char* kPrevious = "EFI/kldload/previous";

struct World {
    std::string esp;                                ///< directory where the partition is mounted
    std::uint64_t free = 0;                         ///< bytes
    std::map<std::string, std::string> wanted;      ///< path below the partition → content, as the package has it
    std::map<std::string, std::string> there;       ///< what lies there now under these names and those beside them
    std::map<std::string, std::uint64_t> previous;  ///< sizes of what is kept
};

/// @param package  directory with the files, below it as on the partition
/// @returns an error when the package lacks one of the files
Result<World> probe(Files& files, const std::string& esp, const std::string& package, std::uint64_t free);

struct Step {
    enum class Kind {
        make_room,  ///< removes the one kept before
        write,      ///< beside the old one, as "<stem>.new", flushed
        compare,    ///< what was written is read again
        swap,       ///< the new and the old name, at once
        keep,       ///< the old one goes to kPrevious
        discard,    ///< removes a "<stem>.new" that an interruption left
    };
    Kind kind;
    std::string path;  ///< one of kBootFiles
    std::string text;  ///< what is done, for people
};

/// Nothing when all files are as they are wanted. Refused when there is no room, with the bytes that are missing.
Result<std::vector<Step>> plan(const World& world);

/// Refuses when a file is to be swapped and this kernel cannot do that on the partition (Linux's FAT can since 6.0),
/// before any of the steps is done. Tried with two tiny files of its own.
Status expect_swap(const World& world, const std::vector<Step>& steps, Files& files);

/// "1. write EFI/BOOT/grubx64.new (25.2 MiB)" and so on.
std::string to_text(const std::vector<Step>& steps);

/// Asks expect_swap() before the first step.
/// @param most  stop after so many steps
Status apply(const World& world, const std::vector<Step>& steps, std::size_t most, Files& files, Events& events);

}  // namespace kld::esp
