// SPDX-License-Identifier: BSD-3-Clause
// The sample package in a repository of one family: for tests of what was packed and published, and for those in which
// a machine of that family takes it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <optional>

#include "base/text.h"
#include "packing/repository.h"
#include "packing/repository_key.h"
#include "support/root_tree.h"
#include "support/sample_package.h"

namespace kld::test {

/// How a family packs and publishes.
struct PackingFamily {
    Result<std::string> (*pack)(Runner&, Files&, const packing::Package&, const std::string&, long);
    Result<packing::Source> (*publish)(Runner&, Files&, const packing::Publication&);
    packing::KeyKind key;
};

class SampleRepository : public testing::Test {
protected:
    explicit SampleRepository(PackingFamily family) : family_(family) {}

    std::string at(const std::string& name) const { return directory.path() + "/" + name; }
    std::string packed(const packing::Package& package, const std::string& place = "packed") {
        EXPECT_TRUE(files.make_directories(at(place)));
        const auto path = family_.pack(runner, files, package, at(place), 1700000000);
        EXPECT_TRUE(path.has_value()) << render(path.error());
        return path.value_or("");
    }
    Result<packing::Source> publish_it(const std::string& package) {
        return family_.publish(
            runner, files,
            {.directory = at("repository"), .url = "https://x.test", .keys = at("keys"), .packages = {package}});
    }
    /// As a machine that knows the repository's key alone.
    bool is_signed(const std::string& signature, const std::string& file) {
        const auto home = at("home");
        EXPECT_TRUE(files.make_directories(home));
        EXPECT_TRUE(runner.run({.argv = {"chmod", "700", home}}));
        EXPECT_TRUE(runner.run(packing::gpg(home, {"--import", at("repository/") + packing::kKeyFile})));
        const bool good = runner.run(packing::gpg(home, {"--verify", signature, file})).has_value();
        EXPECT_TRUE(runner.run({.argv = {"gpgconf", "--homedir", home, "--kill", "all"}}));
        return good;
    }

    TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
    RealFiles files{};
    ProcessRunner runner{};

private:
    PackingFamily family_;
};

class SampleMachine : public testing::Test {
protected:
    SampleMachine(PackingFamily family, std::string like) : family_(family), like_(std::move(like)) {}

    void SetUp() override {
        auto made = RootTree::make(like_);
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree.emplace(std::move(*made));
        ASSERT_NO_FATAL_FAILURE(prepare());
        ASSERT_NO_FATAL_FAILURE(publish_version("1.0"));
        // As people are told to.
        tree->said("cd /srv/kldload && " + join(packing::steps(source), " && "));
    }
    /// What every system of the family has, and a tree has not.
    virtual void prepare() = 0;

    /// @returns the path of the package outside of the tree
    std::string packed(const packing::Package& package) {
        const auto path = family_.pack(runner, files, package, tree->at("/test"), 1700000000);
        EXPECT_TRUE(path.has_value()) << render(path.error());
        return path.value_or("");
    }
    void publish_version(const std::string& version) {
        const auto published = family_.publish(runner, files,
                                               {.directory = tree->at("/srv/kldload"),
                                                .url = "file:///srv/kldload",
                                                .keys = tree->at("/test/keys"),
                                                .packages = {packed(sample_package(version))}});
        ASSERT_TRUE(published.has_value()) << render(published.error());
        source = *published;
    }
    void with_key(const std::function<Status(const packing::RepositoryKey&)>& act) {
        const auto done = packing::with_repository_key(runner, files, tree->at("/test/keys"), family_.key, act);
        ASSERT_TRUE(done.has_value()) << render(done.error());
    }
    /// Another key will be made when one is asked for.
    void forget_key() { ASSERT_TRUE(files.remove(tree->at("/test/keys"))); }
    /// What the line says that would have installed the package.
    std::string refusal_of(const std::string& line) {
        const auto output = tree->sh(line);
        EXPECT_NE(output.exit_code, 0) << output.out << output.err;
        EXPECT_EQ(tree->sh("test -e /usr/lib/kldload").exit_code, 1);
        return output.out + output.err;
    }
    /// The last bit of a file becomes another one.
    void alter(const std::string& path) {
        std::fstream file(tree->at(path), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(-1, std::ios::end);
        const auto last = static_cast<char>(file.get() ^ 1);
        file.seekp(-1, std::ios::end);
        file.put(last);
        ASSERT_TRUE(file.good());
    }
    /// Functions of the package that were called since the last time.
    std::string calls() { return tree->said("tr '\\n' ' ' </test/calls; : >/test/calls"); }

    RealFiles files{};
    ProcessRunner runner{};
    std::optional<RootTree> tree;
    packing::Source source{};

private:
    PackingFamily family_;
    std::string like_;
};

}  // namespace kld::test
