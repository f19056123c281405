// SPDX-License-Identifier: BSD-3-Clause
// What a pool must not be written over, and what is left when its program is ended.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <thread>

#include "base/fd.h"
#include "base/text.h"
#include "pool/image_file.h"
#include "pool_fixture.h"
#include "support/torture_tree.h"

namespace kld::test {

namespace {

using namespace std::chrono_literals;

class Target : public PoolTest {
protected:
    void SetUp() override {
        RealFiles files;
        ASSERT_TRUE(files.make_directories(at("tree/etc")));
        write("tree/etc/issue", "hello\n");
        write_layout(layout());
    }
    std::vector<std::string> create_in(const std::string& image, const std::vector<std::string>& arguments) {
        std::vector<std::string> all = {"create",          "--image", image,     "--layout",
                                        at("layout.json"), "--tree",  at("tree")};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }
    bool exists(const std::string& name) {
        struct stat status {};
        return ::lstat(at(name).c_str(), &status) == 0;
    }
    std::string end_by(int number);
    void make_disk(std::uint64_t size) {
        const auto disk = Fd::open(at("disk"), O_RDWR | O_CREAT | O_TRUNC);
        ASSERT_TRUE(disk.has_value());
        ASSERT_EQ(::ftruncate(disk->get(), static_cast<off_t>(size)), 0);
    }
};

}  // namespace

TEST_F(Target, APoolThatIsThere) {
    const auto create_it = create_in(at("image"), {"--size", "512M"});
    ASSERT_EQ(pool(create_it).exit_code, 0);
    const auto before = run({"sha256sum", at("image")}).out;
    const auto refused = pool(create_it);
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_NE(refused.err.find("ZFS pool"), std::string::npos) << refused.err;
    EXPECT_EQ(run({"sha256sum", at("image")}).out, before);
    EXPECT_EQ(pool(create_in(at("image"), {"--size", "512M", "--force"})).exit_code, 0);
    // The end of a device tells, too.
    make_disk(512 << 20);
    const auto disk = Fd::open(at("disk"), O_RDWR);
    const auto image = Fd::open(at("image"), O_RDONLY);
    ASSERT_TRUE(disk->write_at(*image->read_at(512 << 10, (512 << 20) - (512 << 10)), (512 << 20) - (512 << 10)));
    EXPECT_EQ(pool(create_in(at("disk"), {"--offset", "0"})).exit_code, 3);
}

TEST_F(Target, LabelsAreWhereOpenZfsPutsThem) {
    const std::uint64_t size = (512 << 20) + (300 << 10), label = 256 << 10;
    make_disk(size);
    ASSERT_EQ(pool(create_in(at("disk"), {"--offset", "0"})).exit_code, 0);
    const auto disk = Fd::open(at("disk"), O_RDONLY);
    std::vector<std::uint64_t> found, wanted;
    // The description of the pool begins 16 KiB into a label, and is the same in all.
    const auto first = disk->read_at(4096, 16 << 10);
    ASSERT_NE(first->find("testpool"), std::string::npos);
    for (std::uint64_t place = 0; place + label <= size; place += label)
        if (*disk->read_at(4096, place + (16 << 10)) == *first) found.push_back(place);
    for (const auto& range : pool::label_ranges(size))
        wanted.insert(wanted.end(), {range.offset, range.offset + label});
    EXPECT_EQ(found, wanted);
    const auto last = pool::label_ranges(size)[1];
    EXPECT_EQ(last.offset + last.size, size);
}

TEST_F(Target, AFileThatAnotherProgramHasFinished) {
    const auto open = Fd::open(at("image.partial"), O_RDWR | O_CREAT);
    ASSERT_TRUE(open.has_value());
    EXPECT_TRUE(pool::lock_partial(*open, at("image.partial")).has_value());
    const auto second = Fd::open(at("image.partial"), O_RDWR);
    EXPECT_EQ(pool::lock_partial(*second, at("image.partial")).error().code, ExitCode::refused);
    // Opened as PATH.partial, locked when it was the finished image already.
    ASSERT_EQ(::rename(at("image.partial").c_str(), at("image").c_str()), 0);
    EXPECT_EQ(pool::lock_partial(*open, at("image.partial")).error().code, ExitCode::refused);
    write("image.partial", "of a third program");
    EXPECT_EQ(pool::lock_partial(*open, at("image.partial")).error().code, ExitCode::refused);
}

TEST_F(Target, OtherFileSystems) {
    for (const auto& mkfs : std::vector<std::vector<std::string>>{{"mke2fs", "-q"}, {"mkfs.fat"}, {"mkswap"}}) {
        if (!has(mkfs.front())) continue;
        make_disk(128 << 20);
        auto make = mkfs;
        make.push_back(at("disk"));
        run(make);
        const auto output = pool(create_in(at("disk"), {"--offset", "0"}));
        EXPECT_EQ(output.exit_code, 3) << mkfs.front() << output.err;
    }
}

TEST_F(Target, PartitionTablesAndImages) {
    struct Sign {
        std::uint64_t at;
        std::string bytes;
        const char* word;
    };
    for (const auto& sign : {Sign{510, "\x55\xaa", "partition table"}, Sign{512, "EFI PART", "GPT"},
                             Sign{4096, "EFI PART", "GPT"}, Sign{0, "QFI\xfb", "qcow2"}}) {
        make_disk(128 << 20);
        const auto disk = Fd::open(at("disk"), O_RDWR);
        ASSERT_TRUE(disk->write_at(sign.bytes, sign.at));
        for (const auto& how : std::vector<std::vector<std::string>>{{"--offset", "0"}, {"--size", "128M"}}) {
            const auto output = pool(create_in(at("disk"), how));
            EXPECT_EQ(output.exit_code, 3) << output.err;
            EXPECT_NE(output.err.find(sign.word), std::string::npos) << output.err;
        }
    }
}

TEST_F(Target, WhatIsNoFile) {
    ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
    EXPECT_EQ(pool(create_in(at("fifo"), {"--size", "128M", "--force"})).exit_code, 2);
    EXPECT_EQ(pool(create_in(at("tree"), {"--size", "128M", "--force"})).exit_code, 2);
    if (is_root() && ::mknod(at("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0) {
        EXPECT_EQ(pool(create_in(at("null"), {"--size", "128M", "--force"})).exit_code, 2);
        EXPECT_FALSE(exists("null.partial"));
    }
}

TEST_F(Target, ADeviceThatIsMounted) {
    if (!is_root() || !has("losetup") || !has("mke2fs")) GTEST_SKIP() << "needs a loop device";
    make_disk(128 << 20);
    run({"mke2fs", "-q", at("disk")});
    Command attach{{"losetup", "--find", "--show", at("disk")}};
    attach.accept = [](int) { return true; };
    ProcessRunner runner;
    const auto attached = runner.run(attach);
    if (!attached || attached->exit_code != 0) GTEST_SKIP() << "needs a loop device";
    const std::string device = lines(attached->out).at(0);
    ASSERT_EQ(::mkdir(at("mounted").c_str(), 0755), 0);
    const bool mounted = ::mount(device.c_str(), at("mounted").c_str(), "ext4", MS_RDONLY, nullptr) == 0;
    const auto output = mounted ? pool(create_in(device, {"--force"})) : Output{};
    if (mounted) ::umount(at("mounted").c_str());
    const auto free_now = pool(create_in(device, {"--force"}));
    run({"losetup", "--detach", device});
    if (!mounted) GTEST_SKIP() << "cannot mount ext4";
    EXPECT_EQ(output.exit_code, 3) << output.err;
    EXPECT_NE(output.err.find("in use"), std::string::npos) << output.err;
    EXPECT_EQ(free_now.exit_code, 0) << free_now.err;
}

/// Ends the program by a signal while it writes, and looks at what is left. @returns what it said
std::string Target::end_by(int number) {
    const auto log = Fd::open(at("log"), O_RDWR | O_CREAT | O_TRUNC);
    auto argv = create_in(at("image"), {"--size", "600M"});
    argv.insert(argv.begin(), program());
    auto process = Background::start(argv, log->get());
    if (!process) return render(process.error());
    for (int i = 0; i < 200 && !exists("image.partial"); ++i) std::this_thread::sleep_for(20ms);
    std::this_thread::sleep_for(200ms);
    process->send_signal(number);
    EXPECT_TRUE(process->wait(10s));
    EXPECT_FALSE(exists("image")) << number;
    EXPECT_FALSE(exists("image.partial")) << number;
    return RealFiles().read(at("log")).value();
}

TEST_F(Target, AnEndedProcessRemovesItsFile) {
    write_layout(layout({{"compression", "zstd-19"}}));
    write("tree/large", torture_bytes(64 << 20, 1));
    for (const int number : {SIGTERM, SIGQUIT, SIGPIPE}) end_by(number);
#ifndef __SANITIZE_ADDRESS__  // which has its own say first
    EXPECT_NE(end_by(SIGSEGV).find("error: crashed"), std::string::npos);
#endif
}

}  // namespace kld::test
