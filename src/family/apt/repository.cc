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

}  // namespace

Result<Repository> publish(Runner& runner, Files& files, const std::string& directory, const std::string& key_directory,
                           const std::vector<std::string>& debs) {
    const auto home = key_directory + "/repository";
    KLD_CHECK(make_key(runner, files, home));
    KLD_CHECK(files.remove(directory));
    KLD_CHECK(files.make_directories(directory));
    for (const auto& deb : debs) KLD_CHECK(runner.run({.argv = {"cp", "--reflink=auto", deb, directory + "/"}}));
    KLD_TRY(const auto packages,
            runner.run({.argv = {"env", "--chdir=" + directory, "apt-ftparchive", "packages", "."}}));
    KLD_CHECK(files.write(directory + "/Packages", packages.out));
    KLD_TRY(const auto release,
            runner.run({.argv = {"apt-ftparchive", "-o", "APT::FTPArchive::Release::Origin=kldload", "-o",
                                 "APT::FTPArchive::Release::Label=kldload", "release", directory}}));
    KLD_CHECK(files.write(directory + "/Release", release.out));
    KLD_CHECK(
        runner.run(gpg(home, {"--yes", "--clearsign", "--output", directory + "/InRelease", directory + "/Release"})));
    const auto keyring = directory + "/kldload-builder.gpg";
    KLD_CHECK(runner.run(gpg(home, {"--yes", "--export", "--output", keyring})));
    // An agent left behind would keep the key in memory and the directory busy.
    KLD_CHECK(runner.run({.argv = {"gpgconf", "--homedir", home, "--kill", "all"}}));
    return Repository{directory, fmt::format("deb [signed-by={}] copy:{} ./", keyring, directory)};
}

}  // namespace kld::apt
