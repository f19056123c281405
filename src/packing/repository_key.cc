// SPDX-License-Identifier: BSD-3-Clause
#include "packing/repository_key.h"

#include <sys/stat.h>

#include "base/text.h"

namespace kld::packing {
namespace {

struct Kind {
    const char* directory;
    const char* name;
    const char* algorithm;
};

Kind kind_of(KeyKind kind) {
    if (kind == KeyKind::rsa) return {"/repository-rpm", "kldload builder repository (rpm)", "rsa3072"};
    return {"/repository", "kldload builder repository", "ed25519"};
}

/// The fingerprint in what gpg lists (doc/DETAILS of GnuPG), empty when there is none.
std::string fingerprint_in(const std::string& listing) {
    for (const auto& line : lines(listing)) {
        const auto fields = split(line, ':');
        constexpr std::size_t kFingerprint = 9;
        if (fields[0] == "fpr" && fields.size() > kFingerprint) return fields[kFingerprint];
    }
    return {};
}

Result<RepositoryKey> load_or_make(Runner& runner, Files& files, const std::string& home, const Kind& kind) {
    KLD_CHECK(files.make_directories(home));
    if (::chmod(home.c_str(), 0700) != 0) return fail("cannot set the mode of " + home);
    const auto list = gpg(home, {"--list-secret-keys", "--with-colons"});
    KLD_TRY(auto known, runner.run(list));
    if (fingerprint_in(known.out).empty()) {
        KLD_CHECK(runner.run(gpg(home, {"--passphrase", "", "--pinentry-mode", "loopback", "--quick-generate-key",
                                        kind.name, kind.algorithm, "sign", "never"})));
        KLD_TRY(known, runner.run(list));
    }
    RepositoryKey key{home, fingerprint_in(known.out), {}};
    if (key.fingerprint.empty()) return fail("gpg lists no key of " + home);
    KLD_TRY(auto armour, runner.run(gpg(home, {"--armor", "--export", key.fingerprint})));
    key.armour = std::move(armour.out);
    if (key.armour.empty()) return fail("gpg exports no key from " + home);
    return key;
}

}  // namespace

Command gpg(const std::string& home, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"gpg", "--batch", "--quiet", "--no-permission-warning", "--homedir", home};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return {.argv = std::move(argv)};
}

Status with_repository_key(Runner& runner, Files& files, const std::string& key_directory, KeyKind kind,
                           const std::function<Status(const RepositoryKey&)>& act) {
    const auto what = kind_of(kind);
    const auto home = key_directory + what.directory;
    const auto key = load_or_make(runner, files, home, what);
    const auto done = key ? act(*key) : Status(fail(key.error()));
    const auto ended = runner.run({.argv = {"gpgconf", "--homedir", home, "--kill", "all"}});
    if (done && !ended) return fail(ended.error());
    return done;
}

Result<std::string> repository_key(Runner& runner, Files& files, const std::string& key_directory, KeyKind kind) {
    std::string armour;
    KLD_CHECK(with_repository_key(runner, files, key_directory, kind, [&](const RepositoryKey& key) -> Status {
        armour = key.armour;
        return {};
    }));
    return armour;
}

Status sign(Runner& runner, const RepositoryKey& key, const std::vector<std::string>& how, const std::string& file,
            const std::string& signature) {
    std::vector<std::string> arguments{"--yes", "--local-user", key.fingerprint, "--output", signature};
    arguments.insert(arguments.end(), how.begin(), how.end());
    arguments.push_back(file);
    KLD_CHECK(runner.run(gpg(key.home, arguments)));
    return {};
}

}  // namespace kld::packing
