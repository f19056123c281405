// SPDX-License-Identifier: BSD-3-Clause
#include "image/assemble.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file_mode.h"
#include "base/lock.h"
#include "support/fakes.h"

namespace kld::image {
namespace {

/// Every program ends well, or with this error.
class AnyRunner final : public Runner {
public:
    Result<Output> run(const Command&) override {
        if (failure) return fail(*failure);
        return Output{};
    }
    std::optional<Error> failure{};
};

class Assemble : public testing::Test {
protected:
    Status run() {
        AssembleRequest request;
        request.disk = plan_disk(8ULL << 30).value();
        request.format = Format::raw;
        request.output = output;
        request.prove = [this](const std::string&, const std::string& scratch) {
            mode_of_work = mode_of(scratch, 0);
            left = files.list(scratch).value();
            return Status{};
        };
        return assemble(runner, files, events, request);
    }
    RealFiles files{};
    AnyRunner runner{};
    test::CaptureEvents events{};
    TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
    const std::string output = directory.path() + "/x.raw", work = output + ".partial";
    unsigned mode_of_work = 0;
    std::vector<std::string> left{};
};

TEST_F(Assemble, OnlyTheOwnerCanReadIt) {
    const auto before = ::umask(022);
    const auto done = run();
    ::umask(before);
    ASSERT_TRUE(done) << render(done.error());
    EXPECT_EQ(mode_of(output, 0), 0600U);
    EXPECT_EQ(mode_of_work, 0700U);
    EXPECT_FALSE(files.exists(work));
}

TEST_F(Assemble, WhatAnInterruptedBuildLeftIsTakenAwayFirst) {
    ASSERT_TRUE(files.make_directories(work + "/environment-0"));
    ASSERT_TRUE(files.write(work + "/environment-0/file", "old"));
    ASSERT_TRUE(files.write(work + "/lock", ""));
    ASSERT_TRUE(run());
    EXPECT_EQ(left, (std::vector<std::string>{"disk.raw", "layout.json", "lock"}));
}

TEST_F(Assemble, WhatNoBuildHasMadeIsNotTouched) {
    ASSERT_TRUE(files.make_directories(work));
    ASSERT_TRUE(files.write(work + "/mine", "mine"));
    const auto refused = run();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_TRUE(files.exists(work + "/mine"));
}

TEST_F(Assemble, AnotherBuildOfTheSameOutputIsARefusal) {
    ASSERT_TRUE(files.make_directories(work));
    const auto lock = Lock::try_take(work + "/lock", "busy");
    ASSERT_TRUE(lock);
    const auto refused = run();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_TRUE(files.exists(work));
}

TEST_F(Assemble, AFailureLeavesNothing) {
    runner.failure = Error{"sfdisk failed"};
    EXPECT_FALSE(run());
    EXPECT_FALSE(files.exists(work));
    EXPECT_FALSE(files.exists(output));
}

}  // namespace
}  // namespace kld::image
