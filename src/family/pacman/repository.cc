// SPDX-License-Identifier: BSD-3-Clause
#include "family/pacman/repository.h"

#include <fmt/core.h>

#include "packing/programs.h"
#include "packing/repository_key.h"

namespace kld::pacman {
namespace {

/// The signature of a package lies beside it before the package does.
Status add_package(Runner& runner, Files& files, const packing::RepositoryKey& key, const std::string& package,
                   const std::string& directory) {
    const auto target = directory + package.substr(package.rfind('/')), signature = target + ".sig";
    if (files.exists(target)) {
        KLD_TRY(const auto same, packing::same_content(runner, package, target));
        if (!same) return fail(packing::published_otherwise(target));
        if (runner.run(packing::gpg(key.home, {"--verify", signature, target}))) return {};
    }
    KLD_CHECK(packing::sign(runner, key, {"--detach-sign"}, package, signature + ".new"));
    KLD_CHECK(files.rename(signature + ".new", signature));
    return packing::add_file(runner, files, package, directory);
}

Status write_database(Runner& runner, const packing::RepositoryKey& key, const std::string& directory,
                      const std::vector<std::string>& packages) {
    std::vector<std::string> argv{"repo-add", "--quiet", "--nocolor",     "--prevent-downgrade",
                                  "--sign",   "--key",   key.fingerprint, directory + "/kldload.db.tar.gz"};
    for (const auto& package : packages) argv.push_back(directory + package.substr(package.rfind('/')));
    KLD_CHECK(runner.run({.argv = argv, .environment = {"GNUPGHOME=" + key.home}}));
    return {};
}

}  // namespace

Status need_programs(Files& files) {
    // repo-add is of pacman-package-manager, and works with vercmp and other parts of makepkg.
    return packing::need_programs(files,
                                  {{"bsdtar", "libarchive-tools"},
                                   {"repo-add", "pacman-package-manager"},
                                   {"vercmp", "makepkg"},
                                   {"gpg", "gnupg"}},
                                  "a repository for pacman");
}

Result<packing::Source> publish(Runner& runner, Files& files, const packing::Publication& publication) {
    const auto& directory = publication.directory;
    KLD_CHECK(files.make_directories(directory));
    packing::Source source{.file = "kldload.conf",
                           .target = "/etc/pacman.d/kldload.conf",
                           .text = fmt::format("[kldload]\nSigLevel = Required\nServer = {}\n", publication.url),
                           .before = {},
                           .after = {"echo 'Include = /etc/pacman.d/kldload.conf' >>/etc/pacman.conf", "pacman -Sy"}};
    const auto act = [&](const packing::RepositoryKey& key) -> Status {
        for (const auto& package : publication.packages) KLD_CHECK(add_package(runner, files, key, package, directory));
        KLD_CHECK(write_database(runner, key, directory, publication.packages));
        KLD_CHECK(files.write(directory + "/" + packing::kKeyFile, key.armour));
        source.before = {std::string("pacman-key --add ") + packing::kKeyFile,
                         "pacman-key --lsign-key " + key.fingerprint};
        return files.write(directory + "/" + source.file, source.text);
    };
    KLD_CHECK(packing::with_repository_key(runner, files, publication.keys, packing::KeyKind::ed25519, act));
    return source;
}

}  // namespace kld::pacman
