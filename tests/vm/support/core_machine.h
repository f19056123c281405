// SPDX-License-Identifier: BSD-3-Clause
// A test with one machine, driven over its console.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "vm/support/ask.h"
#include "vm/support/test_images.h"

namespace kld::test {

class CoreMachine : public testing::Test {
protected:
    explicit CoreMachine(std::string image = "debian-13-core") : image_(std::move(image)) {}
    void SetUp() override {
        const auto options = test_image(image_);
        KLD_ASSERT_OK(options);
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
    }
    /// Waits for the booted system; `shell` is valid until it is shut down.
    void log_in() {
        auto opened = guest->login("root", kRootPassword);
        KLD_ASSERT_OK(opened);
        shell.emplace(std::move(*opened));
    }
    void expect_said(const std::string& text) {
        KLD_ASSERT_OK(guest->console().expect(vm::text(text), std::chrono::seconds(300)));
    }
    void type(const std::string& keys) { KLD_ASSERT_OK(guest->console().send(keys)); }

    std::unique_ptr<Guest> guest;
    std::optional<vm::SerialShell> shell;

private:
    std::string image_;
};

}  // namespace kld::test
