// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/repository.h"

#include <fmt/core.h>

#include <ctime>

#include "base/text.h"
#include "digest/sha256.h"
#include "family/apt/sources.h"
#include "packing/programs.h"
#include "packing/repository_key.h"

namespace kld::apt {
namespace {

constexpr auto kKind = packing::KeyKind::ed25519;

const std::string kByHash = "/by-hash/SHA256/";

/// The digest of the list that a Release file is of; empty when it names none.
std::string list_of(const std::string& release) {
    for (const auto& line : lines(release))
        if (const auto fields = words(line); fields.size() == 3 && fields[2] == "Packages" && fields[0].size() == 64)
            return fields[0];
    return {};
}

/// Takes away the lists that are neither the current one nor the one before: a client may have read the older InRelease
/// a moment ago.
Status forget_older_lists(Files& files, const std::string& directory, const std::vector<std::string>& kept) {
    KLD_TRY(const auto names, files.list(directory + kByHash));
    for (const auto& name : names)
        if (!contains(kept, name)) KLD_CHECK(files.remove(directory + kByHash + name));
    return {};
}

/// A client that comes at any moment finds an InRelease, and the list of packages that it is of: each list stands under
/// its digest, too, and all is made before the first name changes.
Status write_index(Runner& runner, Files& files, const std::string& directory, const packing::RepositoryKey& key) {
    KLD_TRY(const auto packages,
            runner.run({.argv = {"env", "--chdir=" + directory, "apt-ftparchive", "packages", "."}}));
    KLD_TRY(const auto work, TemporaryDirectory::make(directory));
    const auto made = [&](const std::string& name) { return work.path() + "/" + name; };
    KLD_CHECK(files.write(made("Packages"), packages.out));
    // apt asks for a list by its strongest digest.
    KLD_TRY(const auto release, runner.run({.argv = {"apt-ftparchive", "-o", "APT::FTPArchive::Release::Origin=kldload",
                                                     "-o", "APT::FTPArchive::Release::Label=kldload", "-o",
                                                     "APT::FTPArchive::Release::Acquire-By-Hash=yes", "-o",
                                                     "APT::FTPArchive::MD5=false", "-o", "APT::FTPArchive::SHA1=false",
                                                     "-o", "APT::FTPArchive::SHA512=false", "release", work.path()}}));
    KLD_CHECK(files.write(made("Release"), release.out));
    KLD_CHECK(packing::sign(runner, key, {"--clearsign"}, made("Release"), made("InRelease")));

    std::vector<std::string> digests{sha256_hex(packages.out)};
    if (const auto before = files.read(directory + "/InRelease")) digests.push_back(list_of(*before));
    KLD_CHECK(files.make_directories(directory + kByHash));
    KLD_CHECK(files.write(directory + kByHash + digests.front(), packages.out));
    KLD_CHECK(files.write(directory + "/" + packing::kKeyFile, key.armour));
    for (const std::string name : {"InRelease", "Packages", "Release"})
        KLD_CHECK(files.rename(made(name), directory + "/" + name));
    if (digests.back() == digests.front()) return {};  // nothing new
    return forget_older_lists(files, directory, digests);
}

}  // namespace

Status need_programs(Files& files) {
    return packing::need_programs(files, {{"dpkg-deb", "dpkg"}, {"apt-ftparchive", "apt-utils"}, {"gpg", "gnupg"}},
                                  "a repository for apt");
}

Result<std::string> repository_key(Runner& runner, Files& files, const std::string& key_directory) {
    return packing::repository_key(runner, files, key_directory, kKind);
}

Result<Repository> publish(Runner& runner, Files& files, const std::string& directory, const std::string& key_directory,
                           const std::vector<std::string>& debs) {
    KLD_CHECK(files.make_directories(directory));
    KLD_TRY(const auto lock, packing::lock_repository(directory));
    KLD_CHECK(TemporaryDirectory::remove_abandoned(directory, std::time(nullptr)));
    for (const auto& deb : debs) KLD_CHECK(packing::add_file(runner, files, deb, directory));
    KLD_CHECK(packing::with_repository_key(runner, files, key_directory, kKind, [&](const packing::RepositoryKey& key) {
        return write_index(runner, files, directory, key);
    }));
    return Repository{directory,
                      fmt::format("deb [signed-by={}/{}] copy:{} ./", directory, packing::kKeyFile, directory)};
}

Result<packing::Source> publish(Runner& runner, Files& files, const packing::Publication& publication) {
    const auto& directory = publication.directory;
    KLD_CHECK(publish(runner, files, directory, publication.keys, publication.packages));
    KLD_TRY(const auto key, files.read(directory + "/" + packing::kKeyFile));
    packing::Source source{.file = "kldload.sources",
                           .target = "/etc/apt/sources.list.d/kldload.sources",
                           .text = own_source(publication.url, key),
                           .before = {},
                           .after = {"apt-get update"}};
    KLD_CHECK(files.write(directory + "/" + source.file, source.text));
    return source;
}

}  // namespace kld::apt
