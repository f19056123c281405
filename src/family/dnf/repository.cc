// SPDX-License-Identifier: BSD-3-Clause
#include "family/dnf/repository.h"

#include <fmt/core.h>

#include "packing/programs.h"
#include "packing/repository_key.h"

namespace kld::dnf {
namespace {

constexpr const char* kKeyOnMachine = "/etc/pki/rpm-gpg/RPM-GPG-KEY-kldload";

/// rpm's programs with nobody's own macros.
class Rpm {
public:
    Rpm(Runner& runner, std::string home) : runner_(runner), home_(std::move(home)) {}

    Result<Output> run(const std::vector<std::string>& argv) {
        return runner_.run({.argv = argv, .environment = {"HOME=" + home_}});
    }
    /// The digest of all that the package says and holds, signatures apart.
    Result<std::string> digest(const std::string& package) {
        KLD_TRY(const auto output,
                run({"rpm", "--query", "--nosignature", "--queryformat", "%{SHA256HEADER}", "--package", package}));
        return output.out;
    }
    Status sign(const packing::RepositoryKey& key, const std::string& package) {
        // The macro's own value is the name that gpg 2 has elsewhere.
        KLD_CHECK(run({"rpmsign", "--define", "__gpg /usr/bin/gpg", "--define", "_gpg_path " + key.home, "--define",
                       "_gpg_name " + key.fingerprint, "--define",
                       "_gpg_sign_cmd_extra_args --batch --no-permission-warning", "--addsign", package}));
        return {};
    }
    /// As a machine would that knows this key alone.
    Status verify(const packing::RepositoryKey& key, Files& files, const std::vector<std::string>& packages) {
        const auto database = home_ + "/keys", armour = home_ + "/key.asc";
        KLD_CHECK(files.make_directories(database));
        KLD_CHECK(files.write(armour, key.armour));
        KLD_CHECK(run({"rpmkeys", "--dbpath", database, "--import", armour}));
        std::vector<std::string> argv{"rpmkeys",   "--dbpath", database, "--define", "_pkgverify_level all",
                                      "--checksig"};
        argv.insert(argv.end(), packages.begin(), packages.end());
        if (auto checked = run(argv); !checked)
            return fail(std::move(checked.error())
                            .within("a package is not what this builder signed")
                            .with_hint("remove it from the repository if nobody uses it, and publish again"));
        return {};
    }

private:
    Runner& runner_;
    std::string home_;
};

Status add_package(Runner& runner, Files& files, Rpm& rpm, const packing::RepositoryKey& key,
                   const std::string& package, const std::string& target) {
    if (files.exists(target)) {
        KLD_TRY(const auto there, rpm.digest(target));
        KLD_TRY(const auto ours, rpm.digest(package));
        if (there != ours) return fail(packing::published_otherwise(target));
        return {};
    }
    KLD_CHECK(runner.run({.argv = {"cp", "--reflink=auto", package, target + ".new"}}));
    KLD_CHECK(rpm.sign(key, target + ".new"));
    return files.rename(target + ".new", target);
}

/// Made elsewhere and put into place at once: clients see the older list or this one, each with its signature.
Status write_metadata(Runner& runner, Files& files, const packing::RepositoryKey& key, const std::string& directory,
                      const std::string& work) {
    KLD_CHECK(runner.run({.argv = {"createrepo_c", "--quiet", "--no-database", "--checksum", "sha256", "--outputdir",
                                   work, directory}}));
    const auto made = work + "/repodata", place = directory + "/repodata";
    KLD_CHECK(packing::sign(runner, key, {"--armor", "--detach-sign"}, made + "/repomd.xml", made + "/repomd.xml.asc"));
    if (!files.exists(place)) return files.rename(made, place);
    return files.exchange(made, place);
}

std::string repo_file(const std::string& url) {
    return fmt::format(
        "[kldload]\nname=kldload\nbaseurl={}\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://{}\n", url,
        kKeyOnMachine);
}

}  // namespace

Status need_programs(Files& files) {
    return packing::need_programs(files,
                                  {{"rpmbuild", "rpm"},
                                   {"rpmsign", "rpm"},
                                   {"rpmkeys", "rpm"},
                                   {"createrepo_c", "createrepo-c"},
                                   {"gpg", "gnupg"}},
                                  "a repository for dnf");
}

Result<packing::Source> publish(Runner& runner, Files& files, const packing::Publication& publication) {
    const auto& directory = publication.directory;
    KLD_CHECK(files.make_directories(directory));
    KLD_TRY(const auto work, TemporaryDirectory::make(directory));
    Rpm rpm(runner, work.path());
    packing::Source source{.file = "kldload.repo",
                           .target = "/etc/yum.repos.d/kldload.repo",
                           .text = repo_file(publication.url),
                           .before = {fmt::format("install -D -m 0644 {} {}", packing::kKeyFile, kKeyOnMachine)},
                           .after = {}};
    const auto act = [&](const packing::RepositoryKey& key) -> Status {
        std::vector<std::string> published;
        for (const auto& package : publication.packages) {
            published.push_back(directory + package.substr(package.rfind('/')));
            KLD_CHECK(add_package(runner, files, rpm, key, package, published.back()));
        }
        KLD_CHECK(rpm.verify(key, files, published));
        KLD_CHECK(write_metadata(runner, files, key, directory, work.path()));
        KLD_CHECK(files.write(directory + "/" + packing::kKeyFile, key.armour));
        return files.write(directory + "/" + source.file, source.text);
    };
    KLD_CHECK(packing::with_repository_key(runner, files, publication.keys, packing::KeyKind::rsa, act));
    return source;
}

}  // namespace kld::dnf
