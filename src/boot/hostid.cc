// SPDX-License-Identifier: BSD-3-Clause
#include "boot/hostid.h"

#include <fmt/core.h>
#include <sys/random.h>

namespace kld::boot {

bool is_own_hostid(std::uint32_t hostid) {
    return hostid != 0 && hostid != kBuildHostid;
}

std::uint32_t random_word() {
    std::uint32_t word = 0;
    return ::getrandom(&word, sizeof word, 0) == sizeof word ? word : 0;
}

std::uint32_t make_hostid(const std::function<std::uint32_t()>& random) {
    std::uint32_t hostid = 0;
    while (!is_own_hostid(hostid)) hostid = random();
    return hostid;
}

std::optional<std::uint32_t> parse_hostid_file(std::string_view bytes) {
    if (bytes.size() != 4) return std::nullopt;
    std::uint32_t hostid = 0;
    for (int at = 3; at >= 0; --at)
        hostid = hostid << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(at)]);
    return hostid;
}

std::string hostid_file(std::uint32_t hostid) {
    std::string bytes;
    for (int at = 0; at < 4; ++at) bytes += static_cast<char>(hostid >> (8 * at) & 0xff);
    return bytes;
}

std::uint32_t hostid_to_pass(bool exported, std::uint32_t pool_hostid, std::optional<std::uint32_t> own_hostid,
                             std::uint32_t fresh) {
    if (own_hostid == kBuildHostid && (exported || pool_hostid == 0)) return fresh;
    if (exported && own_hostid.value_or(0) != 0) return *own_hostid;
    return pool_hostid != 0 ? pool_hostid : own_hostid.value_or(0);
}

std::string hostid_argument(std::uint32_t hostid) {
    return hostid == 0 ? "spl_hostid=00000000" : fmt::format("spl.spl_hostid=0x{:08x}", hostid);
}

}  // namespace kld::boot
