// SPDX-License-Identifier: BSD-3-Clause
#include "vm/acceleration.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::vm {
namespace {

using kld::test::FakeFiles;
using kld::test::ReplayRunner;
using namespace std::chrono_literals;

const Host kHost{"boot-1", "QEMU emulator version 7.2.22"};
const std::string kCache = "/cache/kldload/acceleration.json";

struct Trial {
    Status answer{};
    int asked = 0;
    GuestTrial function() {
        return [this] { return ++asked, answer; };
    }
};

TEST(Acceleration, AGuestThatRunsMeansKvmAndIsTriedOnce) {
    FakeFiles files;
    Trial trial;
    EXPECT_EQ(decide(files, kHost, kCache, trial.function()).accelerator, Accelerator::kvm);
    EXPECT_EQ(decide(files, kHost, kCache, trial.function()).accelerator, Accelerator::kvm);
    EXPECT_EQ(trial.asked, 1);
}

TEST(Acceleration, AGuestThatDoesNotRunMeansEmulationAndSaysWhy) {
    FakeFiles files;
    Trial trial{fail("KVM internal error. Suberror: 1")};
    for (int i = 0; i < 2; ++i) {
        const auto verdict = decide(files, kHost, kCache, trial.function());
        EXPECT_EQ(verdict.accelerator, Accelerator::tcg);
        EXPECT_EQ(verdict.reason, "KVM does not run a guest here: KVM internal error. Suberror: 1");
    }
    EXPECT_EQ(trial.asked, 1);
}

TEST(Acceleration, AnotherBootOrQemuIsTriedAgain) {
    FakeFiles files;
    Trial trial;
    decide(files, kHost, kCache, trial.function());
    decide(files, {"boot-2", kHost.qemu_version}, kCache, trial.function());
    decide(files, {"boot-2", "QEMU emulator version 10.0"}, kCache, trial.function());
    EXPECT_EQ(trial.asked, 3);
}

TEST(Acceleration, BrokenOrUnwritableCacheOnlyCostsTime) {
    for (const std::string bytes :
         {"", "{", "[]", "{\"boot_id\":\"boot-1\",\"qemu\":\"QEMU emulator version 7.2.22\",\"kvm\":\"yes\"}"}) {
        FakeFiles files;
        files.entries[kCache] = {bytes};
        Trial trial;
        EXPECT_EQ(decide(files, kHost, kCache, trial.function()).accelerator, Accelerator::kvm);
        EXPECT_EQ(trial.asked, 1) << bytes;
    }
    FakeFiles broken;
    broken.broken[kCache] = Error{"no space left on device"};
    Trial trial;
    EXPECT_EQ(decide(broken, kHost, kCache, trial.function()).accelerator, Accelerator::kvm);
}

TEST(Acceleration, TheHostIsItsBootAndItsQemu) {
    FakeFiles files;
    files.entries["/proc/sys/kernel/random/boot_id"] = {"boot-1\n"};
    ReplayRunner runner;
    runner.expect({"qemu-system-x86_64", "--version"}, "QEMU emulator version 7.2.22\nCopyright (c) 2003-2022\n");
    const auto host = describe_host(files, runner, "qemu-system-x86_64");
    ASSERT_TRUE(host);
    EXPECT_EQ(host->boot_id, kHost.boot_id);
    EXPECT_EQ(host->qemu_version, kHost.qemu_version);
}

/// A stand-in for QEMU: a script, told where the serial log goes by the word after "-chardev".
class TrialWithScript : public testing::Test {
protected:
    Status run(const std::string& body, std::chrono::seconds limit = 10s) {
        directory_ = std::make_unique<TemporaryDirectory>(TemporaryDirectory::make("/tmp").value());
        MachineConfig config;
        config.directory = directory_->path();
        config.qemu = directory_->path() + "/qemu";
        EXPECT_TRUE(
            RealFiles().write(config.qemu, "#!/bin/sh\nlog=" + config.serial_log_path() + "\n" + body + "\n", 0755));
        return firmware_trial(config, limit);
    }
    std::unique_ptr<TemporaryDirectory> directory_{};
};

TEST_F(TrialWithScript, FirstByteOnTheSerialLineIsSuccess) {
    EXPECT_TRUE(run("printf B > $log; sleep 60"));
}

TEST_F(TrialWithScript, TheTrialRunsUnderKvm) {
    EXPECT_TRUE(run("case \"$*\" in *'-accel kvm -cpu host'*) echo x > $log;; esac; sleep 60"));
}

TEST_F(TrialWithScript, AnAbortIsToldInQemusWords) {
    const auto tried = run("echo 'error: failed to set MSR 0x10a to 0x69' >&2; exit 1");
    ASSERT_FALSE(tried);
    EXPECT_EQ(tried.error().message, "error: failed to set MSR 0x10a to 0x69");
}

TEST_F(TrialWithScript, AStoppedProcessorEndsTheTrialAtOnce) {
    const auto tried = run("echo 'KVM internal error. Suberror: 1' >&2; echo 'RAX=0' >&2; sleep 60", 30s);
    ASSERT_FALSE(tried);
    EXPECT_EQ(tried.error().message, "KVM internal error. Suberror: 1");
}

TEST_F(TrialWithScript, SilenceHasALimit) {
    const auto tried = run("sleep 60", 1s);
    ASSERT_FALSE(tried);
    EXPECT_EQ(tried.error().message, "firmware did not come up within 1 s");
}

}  // namespace
}  // namespace kld::vm
