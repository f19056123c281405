// SPDX-License-Identifier: BSD-3-Clause
#include "config/checks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>

#include "base/text.h"

namespace kld::config {
namespace {

bool matches(const std::string& value, const char* pattern) {
    return std::regex_match(value, std::regex(pattern));
}

int address_family(const std::string& value) {
    std::array<unsigned char, 16> buffer{};
    for (const int family : {AF_INET, AF_INET6})
        if (::inet_pton(family, value.c_str(), buffer.data()) == 1) return family;
    return 0;
}

}  // namespace

std::string check_hostname(const std::string& value) {
    if (value.size() > 253) return "is longer than 253 characters";
    for (const auto& label : split(value, '.'))
        if (label.size() > 63 || !matches(label, "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"))
            return "is not a host name: letters, digits and inner hyphens, dots between labels";
    return {};
}

std::string check_timezone(const std::string& value) {
    if (matches(value, "[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")) return {};
    return "is not a time zone such as Europe/Berlin";
}

std::string check_locale(const std::string& value) {
    if (matches(value, "C\\.UTF-8|[a-z]{2,3}(_[A-Z]{2})?\\.UTF-8(@[a-z]+)?")) return {};
    return "is not a UTF-8 locale such as en_US.UTF-8";
}

std::string check_xkb_names(const std::string& value) {
    if (matches(value, "[A-Za-z0-9_:-]*(,[A-Za-z0-9_:-]*)*")) return {};
    return "is no list of XKB names such as de or us,ru";
}

std::string check_font(const std::string& value) {
    if (matches(value, "[A-Za-z]+[0-9]+(x[0-9]+)?")) return {};
    return "is not a console font such as TerminusBold32x16";
}

std::string check_feature(const std::string& value) {
    return matches(value, "[a-z][a-z0-9-]*") ? std::string() : "is not the name of a feature such as cloud";
}

std::string check_user_name(const std::string& value) {
    if (value == "root") return "is root, who exists already: see root.password_hash and root.ssh_keys";
    if (matches(value, "[a-z_][a-z0-9_-]{0,31}")) return {};
    return "is not a user name: a lower-case letter first, then up to 31 lower-case letters, digits, _ or -";
}

std::string check_password_hash(const std::string& value) {
    if (matches(value, "\\$(y|gy|7|6|5|2[aby])\\$[./A-Za-z0-9$=,]+")) return {};
    return "is not a password hash in crypt(5) form; make one with: mkpasswd --method=yescrypt";
}

std::string check_ssh_key(const std::string& value) {
    if (value.find("PRIVATE KEY") != std::string::npos) return "is a private key; give the .pub file";
    if (matches(value,
                "(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com) "
                "[A-Za-z0-9+/]{20,}={0,3}( [^\\n]*)?"))
        return {};
    return "is not a public ssh key such as 'ssh-ed25519 AAAA… name'";
}

std::string check_cidr(const std::string& value) {
    const auto slash = value.find('/');
    const int family = address_family(value.substr(0, slash));
    if (slash == std::string::npos || family == 0) return "is not address/prefix such as 192.0.2.10/24";
    const auto prefix = parse_number(value.substr(slash + 1));
    if (!prefix || *prefix > (family == AF_INET ? 32U : 128U)) return "has a prefix length out of range";
    return {};
}

std::string check_ip(const std::string& value) {
    return address_family(value) == 0 ? "is not an IP address" : std::string();
}

std::string check_repository(const std::string& value) {
    if (matches(value, "(https?://|file:/|copy:/)[!-~]+")) return {};
    return "is no URI such as https://packages.example.org/debian-13 or file:/srv/packages";
}

std::string check_interface(const std::string& value) {
    if (matches(value, "[A-Za-z0-9_.:-]{1,15}")) return {};
    return "is not an interface name such as enp1s0";
}

std::string check_pool_name(const std::string& value) {
    constexpr std::array kReserved{"mirror", "raidz", "draid", "spare", "log"};
    for (const std::string_view word : kReserved)
        if (value.starts_with(word))
            return "begins with a word that ZFS keeps for itself (mirror, raidz, draid, spare, log)";
    if (matches(value, "[A-Za-z][A-Za-z0-9_.:-]{0,63}")) return {};
    return "is not a pool name: a letter first, then up to 63 letters, digits, _ - . or :";
}

std::string check_compression(const std::string& value) {
    if (matches(value, "off|on|lz4|lzjb|zle|gzip(-[1-9])?|zstd(-([1-9]|1[0-9]))?|zstd-fast-[1-9]")) return {};
    return "is not a compression of ZFS such as lz4 or zstd-3";
}

std::string check_path(const std::string& value) {
    const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return value.empty() || std::any_of(value.begin(), value.end(), control) ? "is no path of a file" : std::string();
}

std::string check_sha256(const std::string& value) {
    return matches(value, "[0-9A-Fa-f]{64}") ? std::string() : "is not a sha256: 64 digits of 0-9 and a-f";
}

std::string check_command_line(const std::string& value) {
    if (!std::all_of(value.begin(), value.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; }))
        return "has characters outside printable ASCII";
    for (const auto& word : words(value))
        if (word.starts_with("root=")) return "sets root=, which the boot menu does";
    return {};
}

}  // namespace kld::config
