// SPDX-License-Identifier: BSD-3-Clause
// A made-up builder tree on disk for the tests of src/modules.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/runner.h"
#include "modules/module_build.h"
#include "samples/modules.h"

namespace kld::modules::test {

inline const ModuleWish kWish{"6.12.107+deb13-amd64", "linux-image-6.12.107+deb13-amd64", "6.12.107-1",
                              "2.3.9-0+deb13u1"};

/// Runs nothing: tells `act` what was asked for and answers with `output`, or fails as `broken` says.
class ScriptedRunner final : public Runner {
public:
    Output output{};
    std::optional<Error> broken{};
    std::function<void(const Command&)> act = [](const Command&) {};
    std::vector<std::vector<std::string>> asked;
    Result<Output> run(const Command& command) override {
        asked.push_back(command.argv);
        act(command);
        if (broken) return fail(*broken);
        return output;
    }
};

/// Debian 13's ways: the kernel kWish, its headers, zfs-dkms with spl.ko.xz and zfs.ko.xz built.
class SampleTree {
public:
    SampleTree();
    void put(const std::string& path, const std::string& bytes);
    void remove(const std::string& path) { (void)files.remove(root() + path); }
    void put_module(const SampleModule& sample, const std::string& suffix = ".ko.xz");
    const std::string& root() const { return directory_.path(); }
    BuilderTree tree() { return {root(), &runner}; }

    RealFiles files;
    ScriptedRunner runner;
    const std::string built = "/usr/lib/modules/6.12.107+deb13-amd64/updates/dkms";

private:
    TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp");
};

}  // namespace kld::modules::test
