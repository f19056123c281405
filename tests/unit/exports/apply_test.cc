// SPDX-License-Identifier: BSD-3-Clause
// An export from end to end with programs that only say that they ran, and with each of them failing in turn.
#include "exports/apply.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "base/fd.h"
#include "base/file_mode.h"
#include "base/text.h"
#include "disk.h"
#include "exports/leftover.h"
#include "machine.h"
#include "support/fakes.h"

namespace kld::exports::test {
namespace {

namespace fs = std::filesystem;

/// Says yes to everything, but for the command with the number `broken`; then a pool that was never made is not there.
class YesRunner final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        const auto line = shell_line(command.argv);
        const auto number = ran.size();
        ran.push_back(line);
        timeouts[command.argv[0] + " " + (command.argv.size() > 1 ? command.argv[1] : "")] = command.timeout;
        if (on_run) on_run(number);
        if (number == broken || line.starts_with(broken_always)) {
            if (line.starts_with("zpool create")) made = false;
            return fail(command_error(command, "exit 1", "it does not work"));
        }
        if (line.starts_with("zpool create")) made = true;
        if (line.starts_with("zpool list") && !made) return fail("no such pool");
        if (line.starts_with("losetup --find")) return Output{0, "/dev/loop7\n", {}};
        if (line.starts_with("mktemp")) return Output{0, mount_place + "\n", {}};
        if (line.starts_with("qemu-img")) [[maybe_unused]]
            const auto written = RealFiles().write(command.argv.back(), "image");
        if (line.starts_with("zfs send") && command.on_stderr_line) command.on_stderr_line("04:00:01\t1024\tx");
        return Output{};
    }
    std::vector<std::string> ran;
    std::map<std::string, std::chrono::seconds> timeouts{};  ///< of the last command of each name
    std::size_t broken = ~std::size_t{0};
    std::string broken_always = "none";
    std::function<void(std::size_t)> on_run{};
    bool made = false;
    std::string mount_place;
};

class Apply : public testing::Test {
protected:
    void SetUp() override {
        world_ = machine();
        for (auto& file : world_.esp.files) {
            file.source = at("esp/" + file.target);
            fs::create_directories(directory_of(file.source));
            ASSERT_TRUE(disk_.real.write(file.source, "loader"));
        }
        wish_ = wish();
        wish_.output = at("out/web1.qcow2");
        fs::create_directories(at("out"));
    }
    std::string at(const std::string& name) const { return directory_.path() + "/" + name; }

    Result<std::vector<std::string>> run() {
        fs::remove_all(at("copy"));
        fs::create_directories(at("copy/etc/ssh"));
        fs::create_directories(at("copy/usr/lib/kldload"));
        for (const auto* path : {"copy/etc/ssh/ssh_host_rsa_key", "copy/usr/lib/kldload/kldload-firstboot"})
            EXPECT_TRUE(disk_.real.write(at(path), "x"));
        runner_.mount_place = at("copy");
        const auto made = plan(world_, wish_);
        if (!made) return fail(made.error());
        return apply({.world = world_,
                      .plan = *made,
                      .runner = runner_,
                      .files = disk_,
                      .events = events_,
                      .stop = &stop_,
                      .wait = [this] { ++waited_; },
                      .snapshot_taken = [this] { ++taken_; },
                      .trim_lock = at("trim.lock")});
    }
    /// The commands, with the test's own directory as DIR and what is random as such.
    std::string story() const {
        std::string text;
        for (auto line : runner_.ran) {
            line = replace_all(line, directory_.path(), "DIR");
            if (const auto id = line.find(" -i "); line.starts_with("mkfs.vfat") && id != std::string::npos)
                line.replace(id + 4, 8, "RANDOM");
            text += line + "\n";
        }
        return text;
    }
    bool ran(const std::string& start) const {
        return std::any_of(runner_.ran.begin(), runner_.ran.end(),
                           [&](const auto& line) { return line.starts_with(start); });
    }
    std::size_t last(const std::string& start) const {
        std::size_t found = 0;
        for (std::size_t i = 0; i < runner_.ran.size(); ++i)
            if (runner_.ran[i].starts_with(start)) found = i;
        return found;
    }
    void expect_nothing_left(const Error& error) {
        SCOPED_TRACE(story() + render(error));
        EXPECT_TRUE(disk_.real.list(at("out")).value().empty());
        EXPECT_EQ(error.details.back(), "nothing of it is left behind");
        if (runner_.broken > 0) {
            EXPECT_TRUE(ran("zfs destroy -r rpool@")) << "the snapshot";
        }
        if (runner_.made) {
            EXPECT_TRUE(ran("zpool export"));
            EXPECT_LT(last("zpool export"), last("losetup --detach"));
        }
        if (ran("losetup --find") && last("losetup --find") != runner_.broken) {
            EXPECT_TRUE(ran("losetup --detach"));
        }
        if (ran("mount -t zfs") && last("mount -t zfs") != runner_.broken) {
            EXPECT_TRUE(ran("umount"));
            EXPECT_LT(last("umount"), last("zpool export"));
        }
        if (!disk_.settings.empty()) {
            EXPECT_EQ(disk_.settings.back(), "32768") << "the kernel's setting is put back";
        }
    }

    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    World world_;
    Wish wish_;
    YesRunner runner_;
    Disk disk_;
    kld::test::CaptureEvents events_;
    std::atomic<bool> stop_{false};
    int waited_ = 0, taken_ = 0;
};

TEST_F(Apply, RunsTheseCommandsInThisOrder) {
    const auto reset = run();
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_EQ(join(*reset, ", "), "ssh host keys, machine-id, hostid, first boot is still to come");
    EXPECT_EQ(disk_.real.list(at("out")).value(), (std::vector<std::string>{"web1.qcow2"}));
    EXPECT_EQ(taken_, 1);
    EXPECT_EQ(disk_.flushed, (std::vector<std::string>{at("out/web1.qcow2.partial")}));
    EXPECT_EQ(disk_.settings, (std::vector<std::string>{"512", "32768"}));
    EXPECT_EQ(mode_of(wish_.output, 0) & 0777, 0600U) << "the whole machine can be read in it";
    EXPECT_EQ(events_.last_bytes, 1024U);
    EXPECT_EQ(events_.told.back(), "finish");
    kld::test::expect_golden("exports/commands.txt", story());
}

TEST_F(Apply, WhatTakesLongMayTakeADay) {
    ASSERT_TRUE(run().has_value());
    for (const auto* program : {"zfs send", "zpool trim", "qemu-img convert"})
        EXPECT_EQ(runner_.timeouts[program], std::chrono::hours(24)) << program;
}

TEST_F(Apply, EachStepThatFailsIsTakenBack) {
    ASSERT_TRUE(run().has_value());
    const auto all = runner_.ran;
    fs::remove(wish_.output);
    for (std::size_t broken = 0; broken < all.size(); ++broken) {
        // What ends the export on the way to success, is tried again, or is cleaning that may fail.
        if (all[broken].starts_with("zpool list") || all[broken].starts_with("rmdir") ||
            all[broken].starts_with("umount"))
            continue;
        runner_ = {};
        runner_.broken = broken;
        disk_.settings.clear();
        const auto failed = run();
        if (all[broken].starts_with("zpool export")) {
            EXPECT_TRUE(failed.has_value()) << "it is tried again";
            EXPECT_EQ(waited_, 1);
            fs::remove(wish_.output);
            continue;
        }
        if (all[broken].starts_with("zfs destroy -r rpool@")) {
            EXPECT_TRUE(failed.has_value()) << "all is copied";
            EXPECT_EQ(std::count_if(runner_.ran.begin(), runner_.ran.end(),
                                    [](const auto& line) { return line.starts_with("zfs destroy -r rpool@"); }),
                      2)
                << "once more at the end";
            EXPECT_EQ(events_.told.back(), "finish");
            fs::remove(wish_.output);
            continue;
        }
        ASSERT_FALSE(failed.has_value()) << all[broken];
        expect_nothing_left(failed.error());
    }
}

TEST_F(Apply, ASignalAtAnyTimeTakesAllBack) {
    ASSERT_TRUE(run().has_value());
    const auto count = runner_.ran.size();
    fs::remove(wish_.output);
    for (std::size_t when = 0; when < count; ++when) {
        runner_ = {};
        stop_ = false;
        runner_.on_run = [this, when](std::size_t number) {
            if (number == when) stop_ = true;
        };
        disk_.settings.clear();
        const auto stopped = run();
        ASSERT_FALSE(stopped.has_value()) << when;
        EXPECT_TRUE(stopped.error().message.ends_with("stopped by a signal")) << when << "\n" << story();
        expect_nothing_left(stopped.error());
    }
}

TEST_F(Apply, APoolThatStaysBusyIsToldAndForcedLast) {
    runner_.broken_always = "zpool export";
    const auto failed = run();
    ASSERT_FALSE(failed.has_value());
    EXPECT_TRUE(ran("zpool export -f"));
    EXPECT_EQ(waited_, 18) << "ten tries, and ten more at the end";
    const auto text = render(failed.error());
    EXPECT_NE(text.find(std::string("the pool ") + kTemporary + " is left behind"), std::string::npos) << text;
    EXPECT_NE(text.find("web1.qcow2.partial stays: the next export"), std::string::npos) << text;
    EXPECT_EQ(text.find("nothing of it is left behind"), std::string::npos) << text;
}

TEST_F(Apply, ASnapshotThatSomebodyHoldsDoesNotSpoilTheCopy) {
    runner_.broken_always = "zfs destroy -r rpool@";
    const auto made = run();
    ASSERT_TRUE(made.has_value()) << render(made.error());
    EXPECT_TRUE(disk_.real.exists(wish_.output));
    const auto told = join(events_.told, "\n");
    const auto snapshot = std::string("the snapshot rpool@") + kTemporary;
    EXPECT_NE(told.find("warning " + snapshot + " is in use"), std::string::npos) << told;
    EXPECT_NE(told.find("warning " + snapshot + " is left behind"), std::string::npos) << told;
    EXPECT_NE(told.find("web1.qcow2.partial stays: the next export"), std::string::npos) << told;
    runner_.broken_always = "none";
    const auto done = take_back_leftover(runner_, disk_, at("out/web1.qcow2.partial"), "rpool", {});
    EXPECT_TRUE(done.has_value() && *done);
}

TEST_F(Apply, ALegacyRootIsMountedAsMountZfsWantsIt) {
    for (auto& dataset : world_.datasets)
        if (dataset.name == world_.running) dataset.properties["mountpoint"].value = "legacy";
    const auto reset = run();
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_FALSE(reset->empty());
    EXPECT_TRUE(ran("mount -t zfs"));
    EXPECT_FALSE(ran("mount -t zfs -o zfsutil")) << "which it refuses";
}

TEST_F(Apply, TheNextOneTakesBackWhatCouldNotBe) {
    runner_.broken_always = "zpool export";
    ASSERT_FALSE(run().has_value());
    runner_.broken_always = "none";
    runner_.ran.clear();
    const auto done = take_back_leftover(runner_, disk_, at("out/web1.qcow2.partial"), "rpool", {});
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_TRUE(*done);
    EXPECT_TRUE(ran(std::string("zpool export ") + kTemporary));
    EXPECT_TRUE(disk_.real.list(at("out")).value().empty());
}

TEST_F(Apply, ASettingThatCannotBePutBackIsAnError) {
    runner_.on_run = [this](std::size_t) {
        if (runner_.ran.back().starts_with("zpool trim")) disk_.settings_are_stuck = true;
    };
    const auto failed = run();
    ASSERT_FALSE(failed.has_value());
    EXPECT_NE(render(failed.error()).find("the setting is stuck"), std::string::npos) << render(failed.error());
    EXPECT_FALSE(disk_.real.exists(wish_.output));
}

TEST_F(Apply, TheNameThatCameMeanwhileIsNotOverwritten) {
    runner_.on_run = [this](std::size_t) {
        if (runner_.ran.back().starts_with("qemu-img")) {
            EXPECT_TRUE(disk_.real.write(wish_.output, "somebody's"));
        }
    };
    const auto failed = run();
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, ExitCode::refused);
    EXPECT_EQ(disk_.real.read(wish_.output), "somebody's");
}

TEST_F(Apply, KeepingTheIdentityGivesTheDiskTheSameGuids) {
    wish_.keep_identity = true;
    wish_.format = image::Format::raw;
    wish_.output = at("out/web1.raw");
    const auto reset = run();
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_TRUE(reset->empty());
    EXPECT_FALSE(ran("mount"));
    EXPECT_FALSE(ran("zpool trim")) << "nothing was removed";
    EXPECT_TRUE(ran("sfdisk --quiet --disk-id " + at("out/web1.raw.partial/disk.raw") + " " + world_.esp.disk_guid));
    EXPECT_LT(last("losetup --detach"), last("sfdisk --quiet --disk-id")) << "no two disks with one GUID";
    EXPECT_TRUE(ran("sfdisk --quiet --part-uuid"));
    const auto fd = Fd::open(wish_.output, O_RDONLY);
    ASSERT_TRUE(fd.has_value());
    for (const auto sector : {0U, 6U})
        EXPECT_EQ(hex(fd->read_at(4, kMiB + 512 * sector + 67).value()), "a2031c6b") << "little endian";
}

TEST_F(Apply, ADiskWithoutANumberOfItsFatIsToldBeforeTheImageIsMade) {
    wish_.keep_identity = true;
    world_.esp.volume_id = "6B1C";
    const auto failed = run();
    ASSERT_FALSE(failed.has_value());
    EXPECT_NE(failed.error().message.find("'6B1C'"), std::string::npos) << failed.error().message;
    expect_nothing_left(failed.error());
}

}  // namespace
}  // namespace kld::exports::test
