// SPDX-License-Identifier: BSD-3-Clause
// The hostid that lets the next kernel import its pool without force.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kld::boot {

/// In every image until its first boot, in /etc/hostid and in the initramfs: "this machine has none yet". The menu
/// gives such a machine a random one, before any kernel imports its pool for writing, and first boot keeps that.
inline constexpr std::uint32_t kBuildHostid = 0x6b6c6431;

/// False for zero and for the one of all images: a kernel that runs with it shares it with others.
bool is_own_hostid(std::uint32_t hostid);

/// Bytes of the kernel's random generator. Waits until that is ready, which just after the start it may not be.
std::uint32_t random_word();

/// A hostid that a machine can have for its own.
std::uint32_t make_hostid(const std::function<std::uint32_t()>& random = random_word);

/// The four bytes of /etc/hostid as a number (little endian), or nothing when the file is no such thing.
std::optional<std::uint32_t> parse_hostid_file(std::string_view bytes);

/// The four bytes to write.
std::string hostid_file(std::uint32_t hostid);

/// A pool in use carries the hostid of the system that used it last, and only that one imports it without force. An
/// exported pool may be imported by any host: there the boot environment's own /etc/hostid counts. So may one whose
/// label has no hostid, which is how a kernel without one leaves it.
/// @param exported     the label says that the pool was exported
/// @param pool_hostid  from the label, 0 when it has none
/// @param own_hostid   the boot environment's /etc/hostid
/// @param fresh        a random hostid, for a machine that has none yet
std::uint32_t hostid_to_pass(bool exported, std::uint32_t pool_hostid, std::optional<std::uint32_t> own_hostid,
                             std::uint32_t fresh);

/// "spl.spl_hostid=0x00bab10c"; for zero "spl_hostid=00000000", which dracut alone understands.
std::string hostid_argument(std::uint32_t hostid);

}  // namespace kld::boot
