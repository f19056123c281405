// SPDX-License-Identifier: BSD-3-Clause
// Runs kldload-pool as a user would, in a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "support/torture_tree.h"

namespace kld::test {

class PoolTest : public ::testing::Test {
protected:
    PoolTest();
    /// Below the test's directory.
    std::string at(const std::string& name) const { return directory_->path() + "/" + name; }
    /// The program's path.
    static std::string program();
    /// kldload-pool with these arguments; any exit code.
    Output pool(const std::vector<std::string>& arguments, const std::vector<std::string>& before = {},
                int stdin_fd = -1);
    /// Any program; fails the test when it does not exit with 0.
    Output run(const std::vector<std::string>& argv, int stdout_fd = -1);
    void write(const std::string& name, const std::string& text);
    /// A tree of everything. The large directory and the file over 4 GiB have a test of their own.
    void torture(const std::string& name, TortureOptions options = {.directory_entries = 3000, .huge_file = false});
    /// A small tree `tree` with what overlays change.
    void small_tree();
    /// A layout with /, /home and /var/log on datasets of their own; `root` are properties of the pool's root dataset.
    nlohmann::json layout(const nlohmann::json& root = nlohmann::json::object()) const;
    std::string write_layout(const nlohmann::json& layout);
    /// create --image image --size 512M and these arguments; expects success.
    void create(const std::vector<std::string>& arguments, const std::string& image = "image");
    void extract(const std::string& to, const std::vector<std::string>& arguments = {"--all"},
                 const std::string& image = "image");
    /// @param zdb  OpenZFS's own check, too, which takes seconds
    void expect_clean(const std::string& image = "image", bool zdb = true);
    /// The first difference of the manifests of two trees, below the test's directory; empty when they are equal.
    std::string difference(const std::string& first, const std::string& second) const;
    static bool is_root();
    static bool has(const std::string& program);

private:
    std::optional<TemporaryDirectory> directory_{};
};

}  // namespace kld::test
