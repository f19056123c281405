// SPDX-License-Identifier: BSD-3-Clause
// Each says what is wrong with one value, or gives an empty string.
#pragma once

#include <string>

namespace kld::config {

/// RFC 1123: labels of letters, digits and inner hyphens, 1 to 63 long, 253 in all.
std::string check_hostname(const std::string& value);
/// Names a file under zoneinfo: no leading slash, no "..".
std::string check_timezone(const std::string& value);
/// language[_TERRITORY].UTF-8 or C.UTF-8.
std::string check_locale(const std::string& value);
/// Layouts, variants or options of XKB: their characters and commas. Whether they exist is known by xkb-data alone.
std::string check_xkb_names(const std::string& value);
/// "TerminusBold32x16": letters, then height and width, or the height of a font that is 8 wide.
std::string check_font(const std::string& value);
/// A name in catalog/features.
std::string check_feature(const std::string& value);
/// What useradd(8) takes: [a-z_][a-z0-9_-]{0,31}; not root.
std::string check_user_name(const std::string& value);
/// crypt(5): $id$…; a plain password is refused.
std::string check_password_hash(const std::string& value);
/// One line of authorized_keys without options: type, base64, comment.
std::string check_ssh_key(const std::string& value);
/// address/prefix, IPv4 or IPv6.
std::string check_cidr(const std::string& value);
std::string check_ip(const std::string& value);
/// A URI that apt takes: http, https, file or copy, then a path.
std::string check_repository(const std::string& value);
/// A kernel interface name: 1 to 15 characters, no slash, no blank.
std::string check_interface(const std::string& value);
/// zpool-create(8): begins with a letter; letters, digits, _ - . :; none of the reserved words.
std::string check_pool_name(const std::string& value);
/// zfsprops(7), the algorithms that every supported release has.
std::string check_compression(const std::string& value);
/// A path on the builder: not empty, of printable characters.
std::string check_path(const std::string& value);
/// 64 hex digits.
std::string check_sha256(const std::string& value);
/// Printable ASCII, no root=: the boot menu sets that.
std::string check_command_line(const std::string& value);

}  // namespace kld::config
