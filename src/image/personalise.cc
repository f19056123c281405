// SPDX-License-Identifier: BSD-3-Clause
#include "image/personalise.h"

#include <fmt/core.h>

#include "base/text.h"
#include "image/accounts.h"
#include "image/network.h"
#include "image/tar.h"

namespace kld::image {
namespace {

/// Who owns a home directory and what its path is.
struct Home {
    std::string path;
    UserId owner;
    unsigned mode = 0700;
};

std::string text_of(const TreeFacts& tree, const std::string& path) {
    const auto at = tree.files.find(path);
    return at == tree.files.end() ? std::string() : at->second;
}

Status write_keys(TarWriter& tar, const Home& home, const std::vector<std::string>& keys) {
    if (keys.empty()) return {};
    KLD_CHECK(tar.directory(home.path + "/.ssh", 0700, home.owner.uid, home.owner.gid));
    return tar.file(home.path + "/.ssh/authorized_keys", join(keys, "\n") + "\n", 0600, home.owner.uid, home.owner.gid);
}

Status write_home(TarWriter& tar, const TreeFacts& tree, const Home& home) {
    KLD_CHECK(tar.directory(home.path, home.mode, home.owner.uid, home.owner.gid));
    constexpr std::string_view kSkeleton = "etc/skel/";
    for (const auto& [path, bytes] : tree.files)
        if (path.starts_with(kSkeleton))
            KLD_CHECK(
                tar.file(home.path + "/" + path.substr(kSkeleton.size()), bytes, 0644, home.owner.uid, home.owner.gid));
    return {};
}

Status write_accounts(TarWriter& tar, const TreeFacts& tree, const Personalisation& wish) {
    const auto& answers = wish.answers;
    Accounts accounts{text_of(tree, "etc/passwd"),  text_of(tree, "etc/shadow"), text_of(tree, "etc/group"),
                      text_of(tree, "etc/gshadow"), text_of(tree, "etc/subuid"), text_of(tree, "etc/subgid")};
    constexpr long kSecondsADay = 86400;
    if (!answers.root_password_hash.empty()) KLD_CHECK(set_password(accounts, "root", answers.root_password_hash));
    if (!answers.user_name.empty()) {
        std::vector<std::string> groups;
        if (answers.user_sudo != "none") groups.emplace_back("sudo");
        KLD_TRY(const auto id,
                add_user(accounts, {answers.user_name, answers.user_password_hash, groups}, wish.time / kSecondsADay));
        const Home home{"home/" + answers.user_name, id};
        KLD_CHECK(write_home(tar, tree, home));
        KLD_CHECK(write_keys(tar, home, answers.user_ssh_keys));
        const bool no_password =
            answers.user_sudo == "nopasswd" || (answers.user_sudo.empty() && answers.user_password_hash.empty());
        if (no_password && tree.paths.contains("etc/sudoers.d"))
            KLD_CHECK(tar.file("etc/sudoers.d/90-" + answers.user_name,
                               answers.user_name + " ALL=(ALL:ALL) NOPASSWD: ALL\n", 0440));
    }
    KLD_CHECK(write_keys(tar, {"root", {}, 0700}, answers.root_ssh_keys));
    if (const auto open = open_accounts(accounts); !open.empty())
        return fail(fmt::format("anybody could log in as {} without a password", join(open, ", ")),
                    "the root tree is not as its packages make it", ExitCode::refused);
    KLD_CHECK(tar.file("etc/passwd", accounts.passwd));
    KLD_CHECK(tar.file("etc/group", accounts.group));
    KLD_CHECK(tar.file("etc/subuid", accounts.subuid));
    KLD_CHECK(tar.file("etc/subgid", accounts.subgid));
    // root:shadow, as the base-passwd package has it.
    constexpr std::uint32_t kShadowGid = 42;
    KLD_CHECK(tar.file("etc/shadow", accounts.shadow, 0640, 0, kShadowGid));
    return tar.file("etc/gshadow", accounts.gshadow, 0640, 0, kShadowGid);
}

std::string hosts(const std::string& hostname) {
    const auto alias =
        hostname.find('.') == std::string::npos ? hostname : hostname + " " + hostname.substr(0, hostname.find('.'));
    return fmt::format(
        "127.0.0.1\tlocalhost\n127.0.1.1\t{}\n\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
        alias);
}

bool has_cloud_init(const TreeFacts& tree) {
    return tree.paths.contains("etc/cloud/cloud.cfg.d");
}

/// What a seed must not do on this machine.
Status write_cloud_init(TarWriter& tar, const Personalisation& wish) {
    std::string text;
    if (is_decided(wish.answers)) text += "network: {config: disabled}\n";
    // Without an ssh server there is no program to make keys with, and that would count as a failure.
    if (!wish.profile.ssh) text += "ssh_genkeytypes: []\n";
    if (text.empty()) return {};
    return tar.file("etc/cloud/cloud.cfg.d/91_kldload_machine.cfg", text);
}

Status write_network(TarWriter& tar, const TreeFacts& tree, const Personalisation& wish) {
    std::vector<NetworkFile> network;
    if (wish.profile.network == "networkmanager")
        network.push_back(network_manager(wish.answers));
    else
        network = ifupdown(wish.answers, has_cloud_init(tree) && !is_decided(wish.answers));
    for (const auto& file : network)
        if (!file.path.empty()) KLD_CHECK(tar.file(file.path, file.text, file.mode));
    std::string resolv;
    for (const auto& server : wish.answers.network_dns) resolv += fmt::format("nameserver {}\n", server);
    return tar.file("etc/resolv.conf", resolv);
}

}  // namespace

Status write_overlay(const TreeFacts& tree, const Personalisation& wish, const std::string& path) {
    const auto& answers = wish.answers;
    if (!tree.paths.contains("usr/share/zoneinfo/" + answers.timezone))
        return fail(fmt::format("the system does not know the time zone '{}'", answers.timezone),
                    "see the names under /usr/share/zoneinfo", ExitCode::usage);
    KLD_TRY(auto tar, TarWriter::create(path, wish.time));
    KLD_CHECK(tar.file("etc/hostname", answers.hostname.substr(0, answers.hostname.find('.')) + "\n"));
    KLD_CHECK(tar.file("etc/hosts", hosts(answers.hostname)));
    KLD_CHECK(tar.symlink("etc/localtime", "/usr/share/zoneinfo/" + answers.timezone));
    KLD_CHECK(tar.file("etc/timezone", answers.timezone + "\n"));
    KLD_CHECK(tar.file("etc/locale.conf", fmt::format("LANG={}\n", answers.locale)));
    if (!tree.links.contains("etc/default/locale"))
        KLD_CHECK(tar.file("etc/default/locale", fmt::format("LANG={}\n", answers.locale)));
    // Empty, not "uninitialized": systemd then makes an id without treating the whole system as unconfigured.
    KLD_CHECK(tar.file("etc/machine-id", "", 0444));
    KLD_CHECK(tar.directory("boot/efi", 0755));
    KLD_CHECK(
        tar.file("etc/fstab", fmt::format("# The root and all other ZFS file systems mount by their own properties.\n"
                                          "PARTUUID={} /boot/efi vfat umask=0077,nofail 0 0\n",
                                          lower_case(wish.esp_partuuid))));
    for (const auto& [path, bytes] : wish.files) KLD_CHECK(tar.file(path, bytes));
    KLD_CHECK(write_network(tar, tree, wish));
    if (has_cloud_init(tree)) KLD_CHECK(write_cloud_init(tar, wish));
    KLD_CHECK(write_accounts(tar, tree, wish));
    KLD_CHECK(tar.directory("var/lib/kldload", 0755));
    KLD_CHECK(tar.file("var/lib/kldload/first-boot", ""));
    return tar.finish();
}

}  // namespace kld::image
