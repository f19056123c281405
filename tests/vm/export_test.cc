// SPDX-License-Identifier: BSD-3-Clause
// kexport on a booted machine: the image that it makes of itself boots beside it, with the same files and nothing else
// in common.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "base/fd.h"
#include "base/text.h"
#include "vm/support/format_rules.h"
#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

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

class Export : public ToolsMachine {
protected:
    void SetUp() override {
        set_up("debian-13-server-tools", [this](GuestOptions& options, const std::string& place) -> Status {
            copy_options_ = options;
            KLD_TRY(const auto programs, make_programs_disk(runner, files, place));
            KLD_TRY(const auto result, make_result_disk(runner, place));
            options.more_drives = {programs, result};
            return {};
        });
    }
    /// Pools, snapshots, loop devices and mounts of an export, and the setting that it changes.
    void expect_no_trace(const std::string& setting) {
        EXPECT_EQ(answer(shell,
                         "zpool list -H -o name; zfs list -H -t snapshot -o name | grep kexport- || true; losetup -a; "
                         "ls -d /run/kldload-export* 2>/dev/null || true"),
                  "rpool");
        EXPECT_EQ(answer(shell, "cat /sys/module/zfs/parameters/zfs_trim_extent_bytes_min"), setting);
    }
    /// Takes the file out of the result's disk, which nobody uses.
    std::string fetch(const std::string& name) {
        const auto to = directory->path() + "/" + name;
        run({"debugfs", "-R", "dump /" + name + " " + to, directory->path() + "/result.img"});
        return to;
    }
    /// What a program of the host says that must work.
    std::string run(const std::vector<std::string>& argv) {
        const auto output = runner.run({.argv = argv, .timeout = std::chrono::hours(1)});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? output->out : std::string{};
    }
    /// The disk as it is, of an image in any format.
    std::string as_raw(const std::string& image) {
        const auto raw = image + ".as-raw";
        run({"qemu-img", "convert", "-O", "raw", image, raw});
        return raw;
    }
    /// Programs and the disk for results are where the tests have them.
    void prepare_places() {
        answer(shell,
               "mkdir -p /run/programs /mnt/result && mount -o ro /dev/disk/by-id/virtio-programs /run/programs && "
               "mount /dev/disk/by-id/virtio-result /mnt/result && rmdir /mnt/result/lost+found");
    }
    void expect_nothing_in_common(const RootShell& second) {
        const auto ids = identities(shell, "rpool"), others = identities(second, "rpool");
        for (std::size_t i = 0; i < ids.size(); ++i) {
            EXPECT_FALSE(others[i].empty());
            EXPECT_NE(ids[i], others[i]);
        }
    }
    std::unique_ptr<Guest> boot_copy(const std::string& image, RootShell& second) {
        copy_options_.image = image;
        copy_options_.disk_bytes = kBigDisk;
        auto copy = Guest::make(copy_options_);
        EXPECT_TRUE(copy.has_value()) << render(copy.error());
        if (!copy) return nullptr;
        const auto on = (*copy)->power_on();
        EXPECT_TRUE(on.has_value()) << render(on.error());
        const auto up = (*copy)->wait_for_ssh();
        EXPECT_TRUE(up.has_value()) << render(up.error());
        if (!on || !up) return nullptr;
        second = over_ssh(**copy);
        return std::move(*copy);
    }
    bool holds(const std::string& raw, const std::string& text) {
        const auto found =
            runner.run({.argv = {"grep", "--binary-files=text", "--fixed-strings", "--quiet", "--", text, raw},
                        .timeout = std::chrono::hours(1),
                        .accept = [](int code) { return code == 0 || code == 1; }});
        EXPECT_TRUE(found.has_value()) << render(found.error());
        return found && found->exit_code == 0;
    }

    GuestOptions copy_options_{};
};

TEST_F(Export, TheCopyBootsBesideItsOriginal) {
    ASSERT_NO_FATAL_FAILURE(boot());
    expect_healthy(shell, "rpool/ROOT/default");
    ASSERT_NO_FATAL_FAILURE(prepare_places());
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2", "programs are missing: mkfs.vfat, mmd, mcopy, qemu-img");
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2", "exit 3");
    answer(shell, "sh /run/programs/install");
    answer(shell, "zfs set 'org.example:note=two  words' rpool/home; kbe create other");
    // One line that lz4 cannot make smaller: it can be looked for in the image.
    const auto mark = answer(shell, "head -c 1500 /dev/urandom | base64 -w 70 | tee /home/admin/mark | sed -n 10p");
    const auto key = answer(shell, "sed -n 10p /etc/ssh/ssh_host_rsa_key");
    ASSERT_EQ(key.size(), 70U);
    const auto local =
        "zfs get -H -r -t filesystem,volume -s local,received -o name,property,value all rpool | grep -v /ROOT/other";
    const auto properties = answer(shell, local);
    const auto setting = answer(shell, "cat /sys/module/zfs/parameters/zfs_trim_extent_bytes_min");

    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2 --dry-run", "zpool create -d -o cachefile=none -t kexport-");
    EXPECT_EQ(answer(shell, "ls -A /mnt/result"), "");
    expect_no_trace(setting);
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2 --size 1G", "exit 2");

    // Interrupted while the streams run.
    expect_said(
        "kexport qcow2 -o /mnt/result/copy.qcow2 & pid=$!; "
        "until zpool list -H -o name | grep -q kexport-; do kill -0 $pid || break; sleep 0.2; done; sleep 3; "
        "kill -TERM $pid; wait $pid",
        "stopped by a signal");
    EXPECT_EQ(answer(shell, "ls -A /mnt/result"), "");
    expect_no_trace(setting);

    // Killed there: nobody takes anything back, and the next one does.
    expect_said(
        "kexport qcow2 -o /mnt/result/copy.qcow2 & pid=$!; "
        "until zpool list -H -o name | grep -q kexport-; do kill -0 $pid || break; sleep 0.2; done; sleep 3; "
        "kill -KILL $pid; wait $pid",
        "exit 137");
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2 --dry-run", "copy.qcow2.partial is there already");
    EXPECT_NE(answer(shell, "zpool list -H -o name | grep kexport-; losetup -a"), "");

    const auto made = said("kexport qcow2 --compress zstd -o /mnt/result/copy.qcow2");
    EXPECT_NE(made.find("copy.qcow2 was killed: what it left is taken back"), std::string::npos) << made;
    EXPECT_NE(made.find("reset in it: ssh host keys, "), std::string::npos) << made;
    EXPECT_EQ(made.find("exit "), std::string::npos) << made;
    EXPECT_EQ(answer(shell, "ls -A /mnt/result"), "copy.qcow2");
    expect_no_trace(setting);
    expect_said("kexport qcow2 -o /mnt/result/copy.qcow2", "is there already");
    answer(shell, "umount /mnt/result");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());

    const auto image = fetch("copy.qcow2");
    run({"qemu-img", "check", image});
    const auto raw = as_raw(image);
    EXPECT_TRUE(holds(raw, mark));
    EXPECT_FALSE(holds(raw, key)) << "a private key of the original is in the image";
    KLD_ASSERT_OK(files.remove(raw));

    ASSERT_NO_FATAL_FAILURE(boot());
    RootShell second;
    const auto copy = boot_copy(image, second);
    ASSERT_NE(copy, nullptr);
    expect_healthy(shell, "rpool/ROOT/default");
    expect_healthy(second, "rpool/ROOT/default");
    expect_grown(second);
    expect_nothing_in_common(second);
    EXPECT_EQ(answer(second, "cat /home/admin/mark"), answer(shell, "cat /home/admin/mark"));
    EXPECT_EQ(answer(second, local), properties);
    EXPECT_EQ(answer(second, "kbe list -H | cut -f1-3"), "default\tNR\t/");
    EXPECT_EQ(answer(second, "zfs list -H -t snapshot -o name"), "");
    EXPECT_EQ(answer(second, "findmnt -n -o FSTYPE /boot/efi"), "vfat");
    const auto partuuid = answer(second, "lsblk -n -o PARTUUID /dev/vda1");
    EXPECT_EQ(answer(second, "grep -c '^PARTUUID=" + partuuid + "' /etc/fstab"), "1");
    EXPECT_EQ(answer(second, "cd /boot/efi && find . -type f | sort | xargs sha256sum"),
              answer(shell, "cd /boot/efi && find . -type f ! -name 'trial.*' | sort | xargs sha256sum"));
    expect_stock(second);
    KLD_ASSERT_OK(copy->shut_down_by_ssh());
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Export, KilledAnywhereItLosesNothingAndTheNextOneTakesBackWhatWasLeft) {
    ASSERT_NO_FATAL_FAILURE(boot());
    ASSERT_NO_FATAL_FAILURE(prepare_places());
    answer(shell, "sh /run/programs/install");
    KLD_ASSERT_OK(guest->ssh().copy_to(KLD_KILL_AT, "/home/admin/kill-at"));
    const std::string command = " kexport qcow2 -o /mnt/result/copy.qcow2";
    const auto setting = answer(shell, "cat /sys/module/zfs/parameters/zfs_trim_extent_bytes_min");
    const auto datasets = answer(shell, "zfs list -H -o name -t all -r rpool");
    const auto counted = said("chmod +x /home/admin/kill-at; /home/admin/kill-at 0" + command);
    const auto at = counted.find("kill-at: ");
    ASSERT_NE(at, std::string::npos) << counted;
    const auto places = std::stoul(counted.substr(at + 9));
    ASSERT_GT(places, 100U) << counted;
    answer(shell, "rm /mnt/result/copy.qcow2");
    for (const unsigned tenths : {1U, 3U, 5U, 7U, 9U}) {
        SCOPED_TRACE(tenths);
        const auto told = said("/home/admin/kill-at " + std::to_string(places * tenths / 10) + command);
        EXPECT_NE(told.find("exit 137"), std::string::npos) << told;
        EXPECT_EQ(answer(shell, "ls /mnt/result | grep -v '\\.partial$' || true"), "") << "half a file";
        EXPECT_EQ(answer(shell, "zpool status -x rpool; zpool get -H -o value bootfs rpool"),
                  "pool 'rpool' is healthy\nrpool/ROOT/default");
        EXPECT_EQ(answer(shell, "zfs list -H -o name -t all -r rpool | grep -v '@kexport-'"), datasets);
    }
    const auto made = said(command);
    EXPECT_NE(made.find("copy.qcow2 was killed: what it left is taken back"), std::string::npos) << made;
    EXPECT_EQ(made.find("exit "), std::string::npos) << made;
    EXPECT_EQ(answer(shell, "ls -A /mnt/result; qemu-img check -q /mnt/result/copy.qcow2"), "copy.qcow2");
    EXPECT_EQ(answer(shell, "zfs list -H -o name -t all -r rpool"), datasets);
    expect_no_trace(setting);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Export, EachFormatKeepsItsRulesAndWhatIsEncryptedStaysSoOrNot) {
    ASSERT_NO_FATAL_FAILURE(boot());
    expect_healthy(shell, "rpool/ROOT/default");
    ASSERT_NO_FATAL_FAILURE(prepare_places());
    answer(shell,
           "set -e; sh /run/programs/install; kbe create other; umask 077; printf 'correct horse' >/run/key\n"
           "zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///run/key -o mountpoint=/secret "
           "rpool/secret\n"
           "zfs set keylocation=prompt rpool/secret");
    const auto mark = answer(shell, "head -c 1500 /dev/urandom | base64 -w 70 | tee /secret/mark | sed -n 10p");
    ASSERT_EQ(mark.size(), 70U);
    const std::string open_secret =
        "printf 'correct horse' | zfs load-key rpool/secret && zfs mount rpool/secret && sed -n 10p /secret/mark";
    const auto setting = answer(shell, "cat /sys/module/zfs/parameters/zfs_trim_extent_bytes_min");
    const auto refused = said("kexport raw -o /mnt/result/no.raw");
    EXPECT_NE(refused.find("only when it is said how: rpool/secret"), std::string::npos) << refused;
    EXPECT_NE(refused.find("exit 3"), std::string::npos) << refused;
    for (const std::string wish :
         {"raw --raw --keep-identity -o /mnt/result/same.raw", "vhd --raw -o /mnt/result/copy.vhd",
          "vmdk --plain --all-environments -o /mnt/result/all.vmdk", "ova --plain -o /mnt/result/web1.ova"}) {
        const auto made = said("kexport " + wish);
        EXPECT_EQ(made.find("exit "), std::string::npos) << wish << "\n" << made;
        expect_no_trace(setting);
    }
    EXPECT_EQ(answer(shell, "ls /mnt/result"), "all.vmdk\ncopy.vhd\nsame.raw\nweb1.ova");
    const auto sizes = words(answer(shell, "stat -c '%b %s' /mnt/result/same.raw"));
    ASSERT_EQ(sizes.size(), 2U);
    EXPECT_LT(parse_number(sizes[0]).value_or(0) * 512 * 2, parse_number(sizes[1]).value_or(0)) << "it is sparse";
    const auto before = identities(shell, "rpool");
    answer(shell, "umount /mnt/result");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());

    {
        SCOPED_TRACE("raw, as this machine");
        const auto image = fetch("same.raw");
        EXPECT_FALSE(holds(image, mark)) << "it was encrypted";
        RootShell same;
        const auto machine = boot_copy(image, same);
        ASSERT_NE(machine, nullptr);
        expect_healthy(same, "rpool/ROOT/default");
        const auto after = identities(same, "rpool");
        ASSERT_EQ(after.size(), before.size());
        std::vector<std::size_t> others;
        for (std::size_t i = 0; i < before.size(); ++i)
            if (before[i] != after[i]) others.push_back(i);
        EXPECT_EQ(others, (std::vector<std::size_t>{kPoolPartuuid, kPoolGuid}))
            << "the GUID of the pool is another one, and nothing else: " << join(before, " ") << " and "
            << join(after, " ");
        EXPECT_EQ(answer(same, open_secret), mark);
        KLD_ASSERT_OK(machine->shut_down_by_ssh());
        KLD_ASSERT_OK(files.remove(image));
    }
    {
        SCOPED_TRACE("vmdk, readable");
        const auto image = fetch("all.vmdk");
        expect_stream_optimized(image);
        const auto raw = as_raw(image);
        EXPECT_TRUE(holds(raw, mark));
        KLD_ASSERT_OK(files.remove(raw));
        copy_options_.more_drives.push_back({.path = image, .format = "vmdk", .throwaway = true});
    }
    {
        SCOPED_TRACE("ova");
        fetch("web1.ova");
        expect_appliance(directory->path(), "web1");
        copy_options_.more_drives.push_back(
            {.path = directory->path() + "/web1-disk1.vmdk", .format = "vmdk", .throwaway = true});
    }
    SCOPED_TRACE("vhd, still encrypted, beside its original");
    const auto image = fetch("copy.vhd");
    expect_fixed_vhd(image);
    EXPECT_FALSE(holds(image, mark)) << "it was encrypted";
    ASSERT_NO_FATAL_FAILURE(boot());
    RootShell second;
    const auto copy = boot_copy(image, second);
    ASSERT_NE(copy, nullptr);
    // Pools of one name on other disks are not taken, and that is what the import of all pools calls a failure.
    EXPECT_EQ(answer(second, "findmnt -n -o SOURCE /"), "rpool/ROOT/default");
    expect_nothing_in_common(second);
    EXPECT_EQ(answer(second, "zfs get -H -o value keystatus,keylocation rpool/secret"), "unavailable\nprompt");
    EXPECT_EQ(answer(second, open_secret), mark);

    SCOPED_TRACE("the vmdk and the disk of the appliance, looked at from there");
    std::set<std::string> environments;
    for (const auto& guid : lines(answer(second,
                                         "krecovery pools -H | grep -v \"$(zpool get -H -o value guid rpool)\" "
                                         "| cut -f2"))) {
        answer(second, "krecovery import " + guid);
        environments.insert(answer(second, "krecovery list -H | cut -f1"));
        EXPECT_NE(answer(second, "krecovery activate default 2>&1").find("default boots from now on"),
                  std::string::npos);
        answer(second, "krecovery export");
    }
    EXPECT_EQ(environments, (std::set<std::string>{"default", "default\nother"})) << "--all-environments takes both";
    KLD_ASSERT_OK(copy->shut_down_by_ssh());
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
