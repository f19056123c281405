// SPDX-License-Identifier: BSD-3-Clause
// What a killed export left is taken back by the next one to the same place, and nothing else is.
#include "exports/leftover.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "disk.h"
#include "support/fakes.h"

namespace kld::exports::test {
namespace {

constexpr const char* kPool = "kexport-20261127-040000";
constexpr const char* kSnapshot = "tank@kexport-20261127-040000";

/// Programs of a machine on which an export was killed: its pool, loop device and snapshot are there as told.
class Machine final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        const auto line = shell_line(command.argv);
        ran.push_back(line);
        if (line.starts_with(broken)) return fail(command_error(command, "exit 1", "it does not work"));
        if (line.starts_with("zpool list") && !pool) return fail("no such pool");
        if (line.starts_with("zfs get"))
            return snapshot ? Result<Output>(Output{0, reason, {}}) : fail("no such dataset");
        if (line.starts_with("losetup --noheadings")) return Output{0, loop, {}};
        if (line.starts_with("zpool export")) pool = false;
        return Output{};
    }
    std::vector<std::string> ran;
    std::string broken = "none", loop = "/dev/loop3\n", reason = "kexport\tlocal\n";
    bool pool = true, snapshot = true;
};

class Leftover : public testing::Test {
protected:
    void SetUp() override {
        work_ = directory_.path() + "/web 1.qcow2.partial";
        {
            const auto held = take_work(files_, work_, kSnapshot);
            ASSERT_TRUE(held.has_value()) << render(held.error());
        }
        ASSERT_TRUE(note_trim_minimum(files_, work_, "32768"));
        ASSERT_TRUE(files_.write(work_ + "/disk.raw", "a disk"));
    }
    Result<bool> take_back() {
        return take_back_leftover(machine_, files_, work_, "tank", [this] { ++waited_; });
    }
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    Disk files_;
    Machine machine_;
    std::string work_;
    int waited_ = 0;
};

TEST_F(Leftover, IsTakenBackInThisOrder) {
    const auto done = take_back();
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_TRUE(*done);
    EXPECT_EQ(machine_.ran, (std::vector<std::string>{
                                std::string("zpool list -H -o name ") + kPool, std::string("zpool export ") + kPool,
                                "losetup --noheadings --output NAME --associated '" + work_ + "/disk.raw'",
                                "losetup --detach /dev/loop3",
                                std::string("zfs get -H -o value,source org.kldload:reason ") + kSnapshot,
                                std::string("zfs destroy -r ") + kSnapshot}));
    EXPECT_FALSE(files_.exists(work_));
    EXPECT_EQ(files_.settings, (std::vector<std::string>{"32768"}));
    EXPECT_FALSE(take_back().value()) << "once";
}

TEST_F(Leftover, OfAnEarlyDeathIsTheDirectoryAlone) {
    machine_.pool = machine_.snapshot = false;
    machine_.loop.clear();
    ASSERT_TRUE(files_.remove(work_ + "/trim-minimum"));
    EXPECT_TRUE(take_back().value());
    EXPECT_FALSE(files_.exists(work_));
    for (const auto& line : machine_.ran)
        EXPECT_TRUE(line.starts_with("zpool list") || line.starts_with("zfs get") ||
                    line.starts_with("losetup --noheadings"))
            << line;
}

TEST_F(Leftover, OfTheFirstMomentIsALock) {
    for (const auto* name : {"/trim-minimum", "/disk.raw"}) ASSERT_TRUE(files_.remove(work_ + name));
    ASSERT_TRUE(files_.overwrite(work_ + "/lock", ""));
    EXPECT_TRUE(take_back().value());
    EXPECT_FALSE(files_.exists(work_));
    EXPECT_TRUE(machine_.ran.empty());
}

TEST_F(Leftover, OfAnExportAtWorkIsItsOwn) {
    const auto held = Lock::try_take(work_ + "/lock", "busy");
    ASSERT_TRUE(held.has_value());
    const auto refused = take_back();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("is being made by another export"), std::string::npos);
    EXPECT_TRUE(machine_.ran.empty());
    EXPECT_TRUE(files_.exists(work_ + "/disk.raw"));
}

TEST_F(Leftover, IsNothingThatNoExportMade) {
    for (const std::string note : {"", "tank@kexport-1\ntank@more", "tank@kexport-1/x", "tank", "1234", "tank@mine",
                                   "rpool@kexport-20261127-040000", "tank/home@kexport-20261127-040000"}) {
        ASSERT_TRUE(files_.overwrite(work_ + "/lock", note));
        EXPECT_FALSE(take_back().value()) << note;
    }
    ASSERT_TRUE(files_.remove(work_ + "/lock"));
    EXPECT_FALSE(take_back().value());
    EXPECT_TRUE(machine_.ran.empty());
    EXPECT_TRUE(files_.exists(work_ + "/disk.raw"));
}

TEST_F(Leftover, IsBelievedOnlyWhereNobodyElseCanWriteIt) {
    for (const unsigned mode : {0777U, 0770U, 0702U}) {
        ASSERT_EQ(::chmod(work_.c_str(), mode), 0);
        EXPECT_FALSE(take_back().value()) << mode;
    }
    ASSERT_EQ(::chmod(work_.c_str(), 0700), 0);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(work_.c_str(), 1000, 1000), 0);
        EXPECT_FALSE(take_back().value());
        ASSERT_EQ(::chown(work_.c_str(), 0, 0), 0);
    }
    const auto elsewhere = directory_.path() + "/elsewhere";
    ASSERT_TRUE(files_.rename(work_, elsewhere));
    ASSERT_EQ(::symlink(elsewhere.c_str(), work_.c_str()), 0);
    EXPECT_FALSE(take_back().value()) << "a link";
    EXPECT_TRUE(machine_.ran.empty());
    EXPECT_TRUE(files_.settings.empty());
    EXPECT_TRUE(files_.exists(elsewhere + "/disk.raw"));
}

TEST_F(Leftover, IsNoSettingButANumberAndNoSnapshotOfOthers) {
    ASSERT_TRUE(files_.write(work_ + "/trim-minimum", "1\n2"));
    machine_.reason = "kexport\tinherited from tank\n";
    ASSERT_TRUE(take_back().value());
    EXPECT_TRUE(files_.settings.empty());
    for (const auto& line : machine_.ran) EXPECT_FALSE(line.starts_with("zfs destroy")) << line;
}

TEST_F(Leftover, OfAPoolWithABlankInItsName) {
    ASSERT_TRUE(files_.overwrite(work_ + "/lock", "my pool@kexport-20261127-040000"));
    const auto done = take_back_leftover(machine_, files_, work_, "my pool", {});
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_TRUE(*done);
    EXPECT_EQ(machine_.ran.back(), "zfs destroy -r 'my pool@kexport-20261127-040000'");
}

TEST_F(Leftover, ThePlaceOfAnExportIsItsOwnAndPrivate) {
    struct stat info {};
    ASSERT_EQ(::stat(work_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700U);
    for (const auto& there : {work_, directory_.path()}) {
        const auto refused = take_work(files_, there, kSnapshot);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ExitCode::refused);
        EXPECT_FALSE(refused.error().hint.empty());
    }
}

TEST_F(Leftover, StaysWholeWhenAPartOfItDoes) {
    for (const std::string broken : {"zpool export", "losetup --noheadings", "losetup --detach", "zfs destroy"}) {
        SCOPED_TRACE(broken);
        machine_ = {};
        machine_.broken = broken;
        const auto failed = take_back();
        ASSERT_FALSE(failed.has_value());
        const auto text = render(failed.error());
        EXPECT_NE(text.find("was killed"), std::string::npos) << text;
        EXPECT_NE(text.find(kPool), std::string::npos) << text;
        EXPECT_TRUE(files_.exists(work_ + "/lock"));
    }
    EXPECT_EQ(waited_, 9) << "a pool may be busy for a moment";
    machine_ = {};
    EXPECT_TRUE(take_back().value()) << "once nothing is in the way";
}

}  // namespace
}  // namespace kld::exports::test
