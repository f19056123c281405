// SPDX-License-Identifier: BSD-3-Clause
// What a person decides about one machine: the unattended input of image and install.
#pragma once

#include <string>
#include <vector>

namespace kld::config {

struct Answers {
    std::string hostname;
    std::string timezone;
    std::string locale;
    std::string keyboard_layout;   ///< XKB's, as in /etc/default/keyboard; several with commas between
    std::string keyboard_variant;  ///< of each layout, likewise
    std::string keyboard_options;
    std::string console_font;  ///< face and size as console-setup names its files; empty: the kernel's own
    std::vector<std::string> features;  ///< of the catalogue, added to the profile

    std::string user_name;
    std::string user_password_hash;  ///< crypt(5) form, secret
    std::vector<std::string> user_ssh_keys;
    std::string
        user_sudo;  ///< password, nopasswd or none; empty: nopasswd for a user without a password, else password

    std::string root_password_hash;  ///< crypt(5) form, secret
    std::vector<std::string> root_ssh_keys;

    std::string network_method;     ///< dhcp or static
    std::string network_interface;  ///< kernel name; empty: every wired interface
    std::string network_address;    ///< address/prefix, static only
    std::string network_gateway;
    std::vector<std::string> network_dns;

    std::string updates_repository;  ///< URI of a repository that `kldload modules publish` made; empty: none

    std::string pool_name;
    std::string pool_compression;
    std::string modules;        ///< how zfs.ko comes; empty: the distribution's usual way
    std::string initramfs;      ///< generator; empty: the distribution's usual one
    std::string loader;         ///< menu or zfsbootmenu; empty: the distribution's usual one
    std::string loader_file;    ///< path of the EFI program of a loader that is not ours
    std::string loader_sha256;  ///< 64 hex digits that the file must have
    std::string command_line;   ///< appended to the catalogue's kernel command line
};

/// True when keyboard and font are those that the kernel has by itself.
bool has_usual_console(const Answers& answers);

/// The layout that the boot menu shall have: the first one, "de" or "de:nodeadkeys".
std::string menu_keymap(const Answers& answers);

}  // namespace kld::config
