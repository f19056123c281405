// SPDX-License-Identifier: BSD-3-Clause
// A pool that exists, to be changed.
#pragma once

#include "pool_fixture.h"

namespace kld::test {

class ChangeTest : public PoolTest {
protected:
    /// at("image"): a small tree with the snapshot base.
    void SetUp() override;
    /// A verb with --image in front of these arguments; any exit code.
    Output change(const std::string& verb, const std::vector<std::string>& arguments = {},
                  const std::vector<std::string>& before = {});
    nlohmann::json listed(const std::string& image = "image");
    /// Of the dataset, in the list.
    nlohmann::json properties_of(const std::string& dataset, const std::string& image = "image");
    nlohmann::json pool_properties(const std::string& image = "image");
    void expect_refused(const Output& output, int code, const std::vector<std::string>& words);
    /// All that can be seen of the pool: its tree, its datasets and their properties.
    std::string seen(const std::string& image = "image");
    void copy(const std::string& from, const std::string& to);
    /// Says in all labels of the image that the pool is in this state (0 in use, 1 exported, 2 destroyed).
    void set_state(const std::string& image, char state);
};

}  // namespace kld::test
