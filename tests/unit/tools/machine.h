// SPDX-License-Identifier: BSD-3-Clause
// A machine on which a verb is said as main does it, without programs, root or a pool.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/kldload-tools/tools.h"
#include "support/fakes.h"

namespace kld::cmd {

inline constexpr const char* kRoot = "25 1 0:22 / / rw,relatime - zfs rpool/ROOT/default rw\n";
inline constexpr const char* kEsp = "60 25 254:1 / /boot/efi rw,relatime - vfat /dev/vda1 rw\n";

/// Answers a command line by the longest beginning of it that is known. One that is not known fails the test.
class BeginningsRunner final : public Runner {
public:
    std::map<std::string, Output> answers;
    std::vector<std::string> ran;
    Result<Output> run(const Command& command) override;
    /// How often a command line that begins so was run.
    std::size_t count(const std::string& beginning) const;
};

struct Said {
    int code = 0;
    std::string out{};
    std::string err{};  ///< the rendered error
};

/// "default" runs and boots by itself; "other" is beside it.
class Machine : public testing::Test {
protected:
    void SetUp() override;
    /// @param words  "kbe", then what comes behind it
    Said say(const std::vector<std::string>& words);
    void expect_refused(const std::vector<std::string>& words, ExitCode code, const std::string& message,
                        const std::string& hint);
    /// The plan that was printed, and nothing else: "text | command line" for each step.
    static std::vector<std::string> steps(const Said& said);
    void boots_next(const std::string& dataset);
    /// Puts a record onto the EFI system partition.
    void on_trial(const std::string& dataset);
    /// What is on trial; empty: nothing.
    std::string trial();

    test::FakeFiles files;
    BeginningsRunner runner;
    std::vector<Foreground> on_terminal;
    int terminal_code = 0;
    bool is_root = true;

private:
    std::optional<TemporaryDirectory> locks_;
};

}  // namespace kld::cmd
