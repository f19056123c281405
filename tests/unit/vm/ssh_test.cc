// SPDX-License-Identifier: BSD-3-Clause
#include "vm/ssh.h"

#include <gtest/gtest.h>

#include <functional>

#include "support/fakes.h"

namespace kld::vm {
namespace {

using namespace std::chrono_literals;

/// Answers by a function of the attempt's number, as ssh would.
class FakeSsh final : public Runner {
public:
    explicit FakeSsh(std::function<Result<Output>(int attempt)> answer) : answer_(std::move(answer)) {}
    Result<Output> run(const Command& command) override {
        last = command;
        return answer_(++attempts);
    }
    Command last{};
    int attempts = 0;

private:
    std::function<Result<Output>(int)> answer_;
};

tl::unexpected<Error> refusal(const std::string& last_line) {
    return fail(Error{"ssh failed", {"ssh … → exit 255", last_line}});
}

const SshTarget kTarget{.user = "admin", .port = 2222, .identity = "/k/id"};

TEST(Ssh, ReadsNothingOfTheUsersAndRemembersNoHostKey) {
    FakeSsh runner([](int) { return Output{.exit_code = 3, .out = "x", .err = ""}; });
    Ssh ssh(runner, kTarget);
    const auto done = ssh.run("echo 'a b'; exit 3");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->exit_code, 3);
    EXPECT_EQ(runner.last.argv, (std::vector<std::string>{"ssh",
                                                          "-F",
                                                          "/dev/null",
                                                          "-o",
                                                          "StrictHostKeyChecking=no",
                                                          "-o",
                                                          "UserKnownHostsFile=/dev/null",
                                                          "-o",
                                                          "GlobalKnownHostsFile=/dev/null",
                                                          "-o",
                                                          "LogLevel=ERROR",
                                                          "-o",
                                                          "IdentitiesOnly=yes",
                                                          "-i",
                                                          "/k/id",
                                                          "-o",
                                                          "BatchMode=yes",
                                                          "-o",
                                                          "ConnectTimeout=10",
                                                          "-o",
                                                          "ServerAliveInterval=15",
                                                          "-p",
                                                          "2222",
                                                          "admin@127.0.0.1",
                                                          "--",
                                                          "echo 'a b'; exit 3"}));
    EXPECT_TRUE(runner.last.accept(100));
    EXPECT_FALSE(runner.last.accept(255));
}

TEST(Ssh, CheckTurnsABadExitIntoAnError) {
    FakeSsh runner([](int) { return Output{.exit_code = 1, .out = "", .err = "no pools available\n"}; });
    const auto done = Ssh(runner, kTarget).check("zpool status");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "in the machine: 'zpool status' → exit 1");
    EXPECT_EQ(done.error().details, std::vector<std::string>{"no pools available"});
}

TEST(Ssh, WaitsWhileTheMachineBoots) {
    FakeSsh runner([](int attempt) -> Result<Output> {
        if (attempt < 3) return refusal("Connection timed out during banner exchange");
        return Output{};
    });
    EXPECT_TRUE(Ssh(runner, kTarget, 0ms).wait(60s));
    EXPECT_EQ(runner.attempts, 3);
}

TEST(Ssh, WaitingEndsWithSshsLastWords) {
    FakeSsh runner([](int) { return refusal("Connection refused"); });
    const auto done = Ssh(runner, kTarget, 0ms).wait(0s);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "ssh did not answer within 0 s: ssh failed");
    EXPECT_EQ(done.error().details.back(), "Connection refused");
}

TEST(Ssh, ADeadMachineIsNotWaitedFor) {
    FakeSsh runner([](int) { return refusal("Connection refused"); });
    const auto done = Ssh(runner, kTarget, 0ms).wait(600s, [] { return false; });
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("machine ended"), std::string::npos);
}

TEST(Ssh, ARefusedKeyIsNotWaitedForEither) {
    FakeSsh runner([](int) { return refusal("admin@127.0.0.1: Permission denied (publickey)."); });
    const auto done = Ssh(runner, kTarget, 0ms).wait(600s);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("refuses to let us in"), std::string::npos);
    EXPECT_NE(done.error().hint.find("--identity"), std::string::npos);
}

TEST(Ssh, FilesTravelOverStandardInputAndOutput) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    RealFiles files;
    ASSERT_TRUE(files.write(directory->path() + "/a", "content"));
    FakeSsh runner([](int) { return Output{}; });
    Ssh ssh(runner, kTarget);
    ASSERT_TRUE(ssh.copy_to(directory->path() + "/a", "/root/it's"));
    EXPECT_EQ(runner.last.argv.back(), "cat > '/root/it'\\''s'");
    EXPECT_GE(runner.last.stdin_fd, 0);
    ASSERT_TRUE(ssh.copy_from("/etc/hostname", directory->path() + "/b"));
    EXPECT_EQ(runner.last.argv.back(), "cat < /etc/hostname");
    EXPECT_GE(runner.last.stdout_fd, 0);
    EXPECT_FALSE(ssh.copy_to(directory->path() + "/none", "/x"));
}

TEST(Ssh, LoginLineCanBePasted) {
    FakeSsh runner([](int) { return Output{}; });
    EXPECT_EQ(Ssh(runner, kTarget).login_line(),
              "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /k/id -p 2222 admin@127.0.0.1");
}

}  // namespace
}  // namespace kld::vm
