// SPDX-License-Identifier: BSD-3-Clause
// kexport on a booted machine: the image that it makes of itself boots beside it, with the same files and nothing else
// in common.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

/// Programs of the host that an export needs and a server does not have.
const std::vector<std::string> kPrograms{"mkfs.vfat", "mmd", "mcopy", "qemu-img"};

/// These must be of one kind with the guest's loader.
bool is_of_libc(const std::string& path) {
    for (const auto* name : {"/libc.so", "/libm.so", "/ld-linux"})
        if (path.find(name) != std::string::npos) return true;
    return false;
}

/// A disk with those programs, what they link to, and the character sets of mtools; `install` puts them into the PATH.
Result<vm::Drive> make_programs_disk(Runner& runner, Files& files, const std::string& directory) {
    const auto tree = directory + "/programs", image = directory + "/programs.img";
    KLD_CHECK(files.make_directories(tree + "/lib"));
    std::string install = "set -e\n";
    for (const auto& name : kPrograms) {
        KLD_TRY(const auto found, runner.run({.argv = {"sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v " + name}}));
        KLD_CHECK(runner.run({.argv = {"cp", "-L", std::string(trim(found.out)), tree + "/" + name}}));
        KLD_TRY(const auto needed, runner.run({.argv = {"ldd", tree + "/" + name}}));
        for (const auto& line : lines(needed.out)) {
            const auto fields = words(line);
            if (fields.size() < 3 || fields[1] != "=>" || is_of_libc(fields[2])) continue;
            KLD_CHECK(runner.run({.argv = {"cp", "-L", fields[2], tree + "/lib/"}}));
        }
        install += "cat > /usr/local/bin/" + name + " <<'END'\n#!/bin/sh\nGCONV_PATH=/run/programs/gconv exec " +
                   "/lib64/ld-linux-x86-64.so.2 --argv0 " + name + " --library-path /run/programs/lib /run/programs/" +
                   name + " \"$@\"\nEND\nchmod 0755 /usr/local/bin/" + name + "\n";
    }
    KLD_CHECK(runner.run({.argv = {"cp", "-rL", "/usr/lib/x86_64-linux-gnu/gconv", tree + "/gconv"}}));
    KLD_CHECK(files.write(tree + "/install", install));
    KLD_CHECK(runner.run({.argv = {"mke2fs", "-q", "-t", "ext4", "-d", tree, image, "256M"}}));
    return vm::Drive{.path = image, .format = "raw", .throwaway = true, .serial = "programs"};
}

/// An empty disk that keeps what is written to it.
Result<vm::Drive> make_result_disk(Runner& runner, const std::string& directory) {
    const auto image = directory + "/result.img";
    {
        KLD_TRY(const auto fd, Fd::open(image, O_RDWR | O_CREAT));
        if (::ftruncate(fd.get(), 12LL << 30) != 0) return fail("cannot make " + image);
    }
    KLD_CHECK(runner.run({.argv = {"mke2fs", "-q", "-t", "ext4", image}}));
    return vm::Drive{.path = image, .format = "raw", .throwaway = false, .serial = "result"};
}

class Export : public testing::Test {
protected:
    void SetUp() override {
        auto temporary = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(temporary);
        directory_.emplace(std::move(*temporary));
        auto options = test_image("debian-13-server-tools");
        KLD_ASSERT_OK(options);
        copy_options_ = *options;
        const auto programs = make_programs_disk(runner_, files_, directory_->path());
        KLD_ASSERT_OK(programs);
        const auto result = make_result_disk(runner_, directory_->path());
        KLD_ASSERT_OK(result);
        options->more_drives = {*programs, *result};
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        original_ = std::move(*made);
    }
    void boot_original() {
        KLD_ASSERT_OK(original_->power_on());
        KLD_ASSERT_OK(original_->wait_for_ssh());
        shell_ = over_ssh(*original_);
    }
    /// What a command says and its exit code, when that is not 0.
    std::string said(const std::string& command) {
        return answer(shell_, "(" + command + ") 2>&1 || echo \"exit $?\"");
    }
    void expect_said(const std::string& command, const std::string& text) {
        const auto all = said(command);
        EXPECT_NE(all.find(text), std::string::npos) << command << "\n" << all;
    }
    /// Pools, snapshots, loop devices and mounts of an export, and the setting that it changes.
    void expect_no_trace(const std::string& setting) {
        EXPECT_EQ(answer(shell_,
                         "zpool list -H -o name; zfs list -H -t snapshot -o name | grep kexport- || true; losetup -a; "
                         "ls -d /run/kldload-export* 2>/dev/null || true"),
                  "rpool");
        EXPECT_EQ(answer(shell_, "cat /sys/module/zfs/parameters/zfs_trim_extent_bytes_min"), setting);
    }
    /// Takes the file out of the result's disk, which nobody uses.
    std::string fetch(const std::string& name) {
        const auto to = directory_->path() + "/" + name;
        const auto dumped =
            runner_.run({.argv = {"debugfs", "-R", "dump /" + name + " " + to, directory_->path() + "/result.img"},
                         .timeout = std::chrono::hours(1)});
        EXPECT_TRUE(dumped.has_value()) << render(dumped.error());
        return to;
    }
    bool holds(const std::string& raw, const std::string& text) {
        const auto found =
            runner_.run({.argv = {"grep", "--binary-files=text", "--fixed-strings", "--quiet", "--", text, raw},
                         .timeout = std::chrono::hours(1),
                         .accept = [](int code) { return code == 0 || code == 1; }});
        EXPECT_TRUE(found.has_value()) << render(found.error());
        return found && found->exit_code == 0;
    }

    ProcessRunner runner_{};
    RealFiles files_{};
    std::optional<TemporaryDirectory> directory_{};
    GuestOptions copy_options_{};
    std::unique_ptr<Guest> original_{};
    RootShell shell_{};
};

TEST_F(Export, TheCopyBootsBesideItsOriginal) {
    ASSERT_NO_FATAL_FAILURE(boot_original());
    expect_healthy(shell_, "rpool/ROOT/default");
    answer(shell_,
           "mkdir -p /run/programs /mnt/result && mount -o ro /dev/disk/by-id/virtio-programs /run/programs && "
           "mount /dev/disk/by-id/virtio-result /mnt/result && rmdir /mnt/result/lost+found");
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2", "programs are missing: mkfs.vfat, mmd, mcopy, qemu-img");
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2", "exit 3");
    answer(shell_, "sh /run/programs/install");
    answer(shell_, "zfs set 'org.example:note=two  words' rpool/home; kbe create other");
    // One line that lz4 cannot make smaller: it can be looked for in the image.
    const auto mark = answer(shell_, "head -c 1500 /dev/urandom | base64 -w 70 | tee /home/admin/mark | sed -n 10p");
    const auto key = answer(shell_, "sed -n 10p /etc/ssh/ssh_host_rsa_key");
    ASSERT_EQ(key.size(), 70U);
    const auto local =
        "zfs get -H -r -t filesystem,volume -s local,received -o name,property,value all rpool | grep -v /ROOT/other";
    const auto properties = answer(shell_, local);
    const auto setting = answer(shell_, "cat /sys/module/zfs/parameters/zfs_trim_extent_bytes_min");

    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2 --dry-run", "zpool create -d -o cachefile=none -t kexport-");
    EXPECT_EQ(answer(shell_, "ls -A /mnt/result"), "");
    expect_no_trace(setting);
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2 --size 1G", "exit 2");

    // Interrupted while the streams run.
    expect_said(
        "kexport qcow2 -o /mnt/result/copy.qcow2 & pid=$!; "
        "until zpool list -H -o name | grep -q kexport-; do kill -0 $pid || break; sleep 0.2; done; sleep 3; "
        "kill -TERM $pid; wait $pid",
        "stopped by a signal");
    EXPECT_EQ(answer(shell_, "ls -A /mnt/result"), "");
    expect_no_trace(setting);

    const auto made = said("kexport qcow2 --compress zstd -o /mnt/result/copy.qcow2");
    EXPECT_NE(made.find("reset in it: ssh host keys, "), std::string::npos) << made;
    EXPECT_EQ(made.find("exit "), std::string::npos) << made;
    EXPECT_EQ(answer(shell_, "ls -A /mnt/result"), "copy.qcow2");
    expect_no_trace(setting);
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2", "is there already");
    answer(shell_, "umount /mnt/result");
    KLD_ASSERT_OK(original_->shut_down_by_ssh());

    const auto image = fetch("copy.qcow2"), raw = directory_->path() + "/copy.raw";
    KLD_ASSERT_OK(runner_.run({.argv = {"qemu-img", "check", image}}));
    KLD_ASSERT_OK(
        runner_.run({.argv = {"qemu-img", "convert", "-O", "raw", image, raw}, .timeout = std::chrono::hours(1)}));
    EXPECT_TRUE(holds(raw, mark));
    EXPECT_FALSE(holds(raw, key)) << "a private key of the original is in the image";
    KLD_ASSERT_OK(files_.remove(raw));

    copy_options_.image = image;
    copy_options_.disk_bytes = kBigDisk;
    auto copy = Guest::make(copy_options_);
    KLD_ASSERT_OK(copy);
    ASSERT_NO_FATAL_FAILURE(boot_original());
    KLD_ASSERT_OK((*copy)->power_on());
    KLD_ASSERT_OK((*copy)->wait_for_ssh());
    const auto second = over_ssh(**copy);
    expect_healthy(shell_, "rpool/ROOT/default");
    expect_healthy(second, "rpool/ROOT/default");
    expect_grown(second);
    const auto ids = identities(shell_, "rpool"), other_ids = identities(second, "rpool");
    for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_FALSE(other_ids[i].empty());
        EXPECT_NE(ids[i], other_ids[i]);
    }
    EXPECT_EQ(answer(second, "cat /home/admin/mark"), answer(shell_, "cat /home/admin/mark"));
    EXPECT_EQ(answer(second, local), properties);
    EXPECT_EQ(answer(second, "kbe list -H | cut -f1-3"), "default\tNR\t/");
    EXPECT_EQ(answer(second, "zfs list -H -t snapshot -o name"), "");
    EXPECT_EQ(answer(second, "findmnt -n -o FSTYPE /boot/efi"), "vfat");
    const auto partuuid = answer(second, "lsblk -n -o PARTUUID /dev/vda1");
    EXPECT_EQ(answer(second, "grep -c '^PARTUUID=" + partuuid + "' /etc/fstab"), "1");
    EXPECT_EQ(answer(second, "cd /boot/efi && find . -type f | sort | xargs sha256sum"),
              answer(shell_, "cd /boot/efi && find . -type f ! -name 'trial.*' | sort | xargs sha256sum"));
    expect_stock(second);
    KLD_ASSERT_OK((*copy)->shut_down_by_ssh());
    KLD_ASSERT_OK(original_->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
