// SPDX-License-Identifier: BSD-3-Clause
#include "config/schema.h"

#include <fmt/core.h>

#include "base/text.h"
#include "config/checks.h"

namespace kld::config {
namespace {

constexpr const char* kExampleHash = "$y$j9T$saltsaltsalt$hashhashhash";
constexpr const char* kExampleDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kExampleKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample admin@example";

std::function<std::string(const std::string&)> one_of(std::vector<std::string> choices) {
    return [choices = std::move(choices)](const std::string& value) -> std::string {
        for (const auto& choice : choices)
            if (value == choice) return {};
        return "is none of: " + join(choices, ", ");
    };
}

std::vector<Field> make_schema() {
    using A = Answers;
    return {
        {"hostname", "name of the machine", "kldload", "web1.example.org", &A::hostname, false, false, check_hostname},
        {"timezone", "time zone", "UTC", "Europe/Berlin", &A::timezone, false, false, check_timezone},
        {"locale", "system locale, UTF-8", "C.UTF-8", "en_US.UTF-8", &A::locale, false, false, check_locale},
        {"features", "what is added to the profile: a name in catalog/features, several allowed", "", "cloud",
         &A::features, false, false, check_feature, "--feature"},
        {"keyboard.layout", "keyboard layout of boot menu, initramfs and console, by XKB", "us", "de",
         &A::keyboard_layout, false, false, check_xkb_names},
        {"keyboard.variant", "variant of the layout", "", "nodeadkeys", &A::keyboard_variant, false, false,
         check_xkb_names},
        {"keyboard.options", "options of XKB", "", "compose:menu", &A::keyboard_options, false, false, check_xkb_names},
        {"console.font", "font of the console (the kernel's own, larger on large screens)", "", "TerminusBold32x16",
         &A::console_font, false, false, check_font},
        {"user.name", "a first user, member of sudo", "", "admin", &A::user_name, false, false, check_user_name},
        {"user.password_hash", "the user's password in crypt(5) form", "", kExampleHash, &A::user_password_hash, true,
         true, check_password_hash},
        {"user.ssh_keys", "public keys that may log in as the user", "", kExampleKey, &A::user_ssh_keys, false, true,
         check_ssh_key},
        {"user.sudo", "password, nopasswd or none (without a password: nopasswd)", "", "password", &A::user_sudo, false,
         false, one_of({"password", "nopasswd", "none"})},
        {"root.password_hash", "root's password in crypt(5) form", "", kExampleHash, &A::root_password_hash, true, true,
         check_password_hash},
        {"root.ssh_keys", "public keys that may log in as root", "", kExampleKey, &A::root_ssh_keys, false, true,
         check_ssh_key},
        {"network.method", "dhcp or static", "dhcp", "static", &A::network_method, false, false,
         one_of({"dhcp", "static"})},
        {"network.interface", "the only interface to configure (otherwise every wired one)", "", "enp1s0",
         &A::network_interface, false, false, check_interface},
        {"network.address", "address/prefix of a static network", "", "192.0.2.10/24", &A::network_address, false,
         false, check_cidr},
        {"network.gateway", "default gateway of a static network", "", "192.0.2.1", &A::network_gateway, false, false,
         check_ip},
        {"network.dns", "name servers of a static network", "", "192.0.2.53", &A::network_dns, false, false, check_ip},
        {"updates.repository", "packages of `kldload modules publish`, for kernel updates", "",
         "https://packages.example.org/debian-13", &A::updates_repository, false, false, check_repository},
        {"pool.name", "name of the pool", "rpool", "tank", &A::pool_name, false, false, check_pool_name},
        {"pool.compression", "compression of all datasets", "lz4", "zstd-3", &A::pool_compression, false, false,
         check_compression},
        {"zfs.modules", "built (here) or dkms (compiled on the machine); otherwise the distribution's usual way", "",
         "dkms", &A::modules, false, false, one_of({"built", "dkms", "vendor", "none"})},
        {"boot.initramfs", "who makes the initramfs (the distribution's usual generator)", "", "dracut", &A::initramfs,
         false, false, one_of({"initramfs-tools", "dracut", "mkinitcpio"})},
        {"boot.loader", "what the firmware starts (the distribution's usual loader)", "", "zfsbootmenu", &A::loader,
         false, false, one_of({"menu", "zfsbootmenu"})},
        {"boot.loader_file", "the EFI program of zfsbootmenu, on the builder", "", "zfsbootmenu.EFI", &A::loader_file,
         false, false, check_path},
        {"boot.loader_sha256", "what sha256sum must say of that file", "", kExampleDigest, &A::loader_sha256, false,
         false, check_sha256},
        {"boot.command_line", "added to the kernel command line", "", "mitigations=auto", &A::command_line, false,
         false, check_command_line},
    };
}

}  // namespace

std::string Field::flag() const {
    if (!option.empty()) return option;
    auto name = "--" + replace_all(replace_all(key, ".", "-"), "_", "-");
    return from_file ? name + "-file" : name;
}

const std::vector<Field>& schema() {
    static const auto kFields = make_schema();
    return kFields;
}

Answers defaults() {
    Answers answers;
    for (const auto& field : schema())
        if (const auto* text = std::get_if<std::string Answers::*>(&field.target)) answers.** text = field.fallback;
    return answers;
}

Status set(Answers& answers, const Field& field, const std::string& value) {
    if (auto wrong = field.check(value); !wrong.empty())
        return fail(
            field.secret ? fmt::format("{} {}", field.key, wrong) : fmt::format("{} '{}' {}", field.key, value, wrong),
            {}, ExitCode::usage);
    if (const auto* text = std::get_if<std::string Answers::*>(&field.target))
        answers.** text = value;
    else
        (answers.*std::get<std::vector<std::string> Answers::*>(field.target)).push_back(value);
    return {};
}

bool has_usual_console(const Answers& answers) {
    return answers.keyboard_layout == "us" && answers.keyboard_variant.empty() && answers.keyboard_options.empty() &&
           answers.console_font.empty();
}

std::string menu_keymap(const Answers& answers) {
    const auto layout = split(answers.keyboard_layout, ',')[0], variant = split(answers.keyboard_variant, ',')[0];
    return variant.empty() ? layout : layout + ":" + variant;
}

Status check_answers(const Answers& answers, bool has_ssh, bool seeded) {
    if (answers.network_method == "static" && answers.network_address.empty())
        return fail("network.method is static but network.address is missing",
                    "say network.address = \"192.0.2.10/24\"", ExitCode::usage);
    if (answers.network_method != "static" && (!answers.network_address.empty() || !answers.network_gateway.empty()))
        return fail("network.address and network.gateway need network.method = \"static\"", {}, ExitCode::usage);
    if (answers.keyboard_layout.empty())
        return fail("keyboard.layout is empty", "say keyboard.layout = \"us\"", ExitCode::usage);
    const bool has_user = !answers.user_name.empty();
    if (!has_user && (!answers.user_password_hash.empty() || !answers.user_ssh_keys.empty()))
        return fail("user.password_hash or user.ssh_keys without user.name", "say user.name = \"admin\"",
                    ExitCode::usage);
    const bool console = !answers.user_password_hash.empty() || !answers.root_password_hash.empty();
    const bool remote = has_ssh && (!answers.user_ssh_keys.empty() || !answers.root_ssh_keys.empty());
    if (console || remote || seeded) return {};
    Error error{"nobody could log in to this machine", {}, {}, ExitCode::refused};
    if (!has_ssh) error.details.emplace_back("this profile has no ssh server, so ssh keys alone open nothing");
    error.hint = has_ssh ? "give user.name with user.ssh_keys (--user-name, --user-ssh-keys-file) or a password hash"
                         : "give user.name with user.password_hash, or root.password_hash (--root-password-hash-file)";
    return fail(std::move(error));
}

}  // namespace kld::config
