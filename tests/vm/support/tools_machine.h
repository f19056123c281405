// SPDX-License-Identifier: BSD-3-Clause
// A machine with the k* commands, as a person over ssh meets it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm/support/ask.h"
#include "vm/support/test_images.h"

namespace kld::test {

class ToolsMachine : public testing::Test {
protected:
    /// What is another way in the machine. @param directory  lives as long as it
    using Change = std::function<Status(GuestOptions& options, const std::string& directory)>;
    void SetUp() override { set_up("debian-13-server-tools"); }
    void set_up(const std::string& image, const Change& change = {});
    void boot() {
        KLD_ASSERT_OK(guest->power_on());
        KLD_ASSERT_OK(guest->wait_for_ssh());
        shell = over_ssh(*guest);
        ASSERT_NO_FATAL_FAILURE(replace_tools());
    }
    void reboot() {
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
        ASSERT_NO_FATAL_FAILURE(boot());
    }
    /// What a command says and its exit code, when that is not 0.
    std::string said(const std::string& command) { return answer(shell, "(" + command + ") 2>&1 || echo \"exit $?\""); }
    /// By the program that $KLD_TEST_TOOLS names, to try one without making the image again; once.
    void replace_tools();
    /// A package of nothing but a script that runs when it is configured, as /home/admin/NAME.deb.
    void send(const std::string& name, const std::string& version, const std::string& postinst);
    void expect_said(const std::string& command, const std::string& text) {
        const auto all = said(command);
        EXPECT_NE(all.find(text), std::string::npos) << command << "\n" << all;
    }

    ProcessRunner runner;
    RealFiles files;
    std::optional<TemporaryDirectory> directory;
    std::unique_ptr<Guest> guest;
    RootShell shell;
    bool replaced = false;
};

}  // namespace kld::test
