// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/repository.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/text.h"

namespace kld::apt {
namespace {

constexpr const char* kKeyName = "kldload builder repository";

Command gpg(const std::string& home, std::vector<std::string> arguments) {
    std::vector<std::string> argv{"gpg", "--batch", "--quiet", "--no-permission-warning", "--homedir", home};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return {.argv = std::move(argv)};
}

Status make_key(Runner& runner, Files& files, const std::string& home) {
    KLD_CHECK(files.make_directories(home));
    if (::chmod(home.c_str(), 0700) != 0) return fail("cannot set the mode of " + home);
    KLD_TRY(const auto known, runner.run(gpg(home, {"--list-secret-keys", "--with-colons"})));
    if (known.out.find("sec:") != std::string::npos) return {};
    KLD_CHECK(runner.run(gpg(home, {"--passphrase", "", "--pinentry-mode", "loopback", "--quick-generate-key", kKeyName,
                                    "ed25519", "sign", "never"})));
    return {};
}

/// What lies there under this name is never changed: a client may be fetching it.
Status add_package(Runner& runner, Files& files, const std::string& deb, const std::string& directory) {
    const auto name = deb.substr(deb.rfind('/') + 1);
    const auto target = directory + "/" + name;
    if (!files.exists(target)) {
        KLD_CHECK(runner.run({.argv = {"cp", "--reflink=auto", deb, target + ".new"}}));
        return files.rename(target + ".new", target);
    }
    KLD_TRY(const auto same, runner.run({.argv = {"cmp", "--silent", deb, target},
                                         .accept = [](int code) { return code == 0 || code == 1; }}));
    if (same.exit_code == 0) return {};
    return fail(fmt::format("{} is there already, with other content", target),
                "raise the package's version, or remove the file if nobody uses it", ExitCode::refused);
}

}  // namespace

Result<std::string> repository_key(Runner& runner, Files& files, const std::string& key_directory) {
    const auto home = key_directory + "/repository";
    KLD_CHECK(make_key(runner, files, home));
    KLD_TRY(const auto key, runner.run(gpg(home, {"--armor", "--export"})));
    // An agent left behind would keep the key in memory and the directory busy.
    KLD_CHECK(runner.run({.argv = {"gpgconf", "--homedir", home, "--kill", "all"}}));
    if (key.out.empty()) return fail("gpg exports no key from " + home);
    return key.out;
}

Result<Repository> publish(Runner& runner, Files& files, const std::string& directory, const std::string& key_directory,
                           const std::vector<std::string>& debs) {
    const auto home = key_directory + "/repository";
    KLD_CHECK(make_key(runner, files, home));
    KLD_CHECK(files.make_directories(directory));
    for (const auto& deb : debs) KLD_CHECK(add_package(runner, files, deb, directory));
    KLD_TRY(const auto packages,
            runner.run({.argv = {"env", "--chdir=" + directory, "apt-ftparchive", "packages", "."}}));
    KLD_CHECK(files.write(directory + "/Packages", packages.out));
    KLD_TRY(const auto release,
            runner.run({.argv = {"apt-ftparchive", "-o", "APT::FTPArchive::Release::Origin=kldload", "-o",
                                 "APT::FTPArchive::Release::Label=kldload", "release", directory}}));
    KLD_CHECK(files.write(directory + "/Release", release.out));
    const auto signed_release = directory + "/InRelease.new";
    KLD_CHECK(runner.run(gpg(home, {"--yes", "--clearsign", "--output", signed_release, directory + "/Release"})));
    // Last: until then clients read the older index, whose packages are all still there.
    KLD_CHECK(files.rename(signed_release, directory + "/InRelease"));
    KLD_TRY(const auto key, repository_key(runner, files, key_directory));
    const auto keyring = directory + "/kldload-builder.asc";
    KLD_CHECK(files.write(keyring, key));
    return Repository{directory, fmt::format("deb [signed-by={}] copy:{} ./", keyring, directory)};
}

}  // namespace kld::apt
