// SPDX-License-Identifier: BSD-3-Clause
// A pool of everything that a root file system can hold, written by kldload-pool in user space and used by the kernel's
// own ZFS: contents, metadata, xattrs and ACLs compared in the guest; scrub, snapshot, rollback, send and receive;
// streams from user space into the kernel and from the kernel into user space; the pool changed in user space before;
// and afterwards read again in user space.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "support/torture_tree.h"
#include "support/tree_manifest.h"
#include "vm/support/ask.h"
#include "vm/support/boot_menu.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

/// Different record sizes and compressions, children below the root, an unmounted parent.
nlohmann::json torture_layout() {
    using Json = nlohmann::json;
    const auto dataset = [](const char* name, Json properties) {
        return Json{{"name", name}, {"properties", std::move(properties)}};
    };
    return {{"version", 1},
            {"pool", {{"name", "torture"}, {"compatibility", "openzfs-2.1-linux"}}},
            {"datasets",
             {dataset("", {{"mountpoint", "none"},
                           {"canmount", "off"},
                           {"acltype", "posix"},
                           {"xattr", "sa"},
                           {"dnodesize", "auto"},
                           {"compression", "lz4"}}),
              dataset("ROOT", {{"mountpoint", "none"}, {"canmount", "off"}}),
              dataset("ROOT/default", {{"mountpoint", "/"},
                                       {"canmount", "noauto"},
                                       {"compression", "zstd-3"},
                                       {"recordsize", "1M"},
                                       {"org.kldload:note", "kept"}}),
              dataset("home", {{"mountpoint", "/home"}}), dataset("var", {{"mountpoint", "/var"}, {"canmount", "off"}}),
              dataset("var/log", {{"compression", "off"}})}},
            {"snapshot", "base"},
            {"bootfs", "ROOT/default"}};
}

class Torture : public testing::Test {
protected:
    void SetUp() override {
        // tmpfs alone takes xattrs of every kind and size; the disk is large and goes where layers go.
        auto memory = TemporaryDirectory::make("/dev/shm");
        KLD_ASSERT_OK(memory);
        tree_.emplace(std::move(*memory));
        auto disk = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(disk);
        disk_.emplace(std::move(*disk));
    }
    std::string tree() const { return tree_->path() + "/tree"; }
    std::string at(const std::string& name) const { return disk_->path() + "/" + name; }

    Output run(std::vector<std::string> argv) {
        auto output = ProcessRunner().run({.argv = std::move(argv), .timeout = 1200s});
        EXPECT_TRUE(output.has_value()) << (output ? "" : render(output.error()));
        return output ? *output : Output{-1, {}, {}};
    }
    static std::string pool_program() { return std::string(KLD_BIN_DIR) + "/kldload-pool"; }

    /// The pool in `torture.raw`, and `tools.tar` with the program that describes trees and what it must say.
    void make_disks() {
        const auto left_out = write_torture_tree(tree(), {});
        KLD_ASSERT_OK(left_out);
        EXPECT_EQ(join(*left_out, "\n"), "") << "this host cannot hold the whole tree";
        const auto expected = tree_manifest(tree());
        KLD_ASSERT_OK(expected);
        expected_ = *expected;
        RealFiles files;
        KLD_ASSERT_OK(files.write(at("layout.json"), torture_layout().dump()));
        KLD_ASSERT_OK(files.write(at("expected"), expected_));
        run({pool_program(), "create", "--image", at("torture.raw"), "--size", "2G", "--layout", at("layout.json"),
             "--tree", tree()});
        run({pool_program(), "send", "--image", at("torture.raw"), "--guid", "4660", "--creation", "1700000000",
             "--stream", "ROOT/default@base=" + at("ours.zfs")});
        change_pool();
        run({"truncate", "--size=2G", at("theirs.zfs")});
        run({"cp", std::string(KLD_BIN_DIR) + "/tree-manifest", at("tree-manifest")});
        run({"tar", "--create", "--file", at("tools.tar"), "--directory", disk_->path(), "tree-manifest", "expected"});
    }

    /// All that can be changed of a pool that exists; the tree stays what it was, in new objects.
    void change_pool() {
        const auto pool = [this](std::vector<std::string> arguments) {
            arguments.insert(arguments.begin() + 1, {"--image", at("torture.raw")});
            arguments.insert(arguments.begin(), pool_program());
            run(std::move(arguments));
        };
        pool({"extract", "ROOT/default", "--only", "xattrs", "--only", "files", "--only", "large-directory", "--tar",
              at("over.tar")});
        pool({"apply", "ROOT/default", at("over.tar"), "--remove", "xattrs", "--remove", "large-directory"});
        pool({"reguid"});
        pool({"set", "org.kldload:note=changed", "quota=1G", "ROOT/default"});
        pool({"set", "autotrim=on", "failmode=continue", "torture"});
        pool({"check"});
    }

    Result<std::unique_ptr<Guest>> machine() {
        KLD_TRY(auto options, test_image("debian-13-core"));
        options.more_drives = {{.path = at("torture.raw"), .format = "raw", .throwaway = false, .serial = "torture"},
                               {.path = at("tools.tar"), .format = "raw", .readonly = true, .serial = "tools"},
                               {.path = at("ours.zfs"), .format = "raw", .readonly = true, .serial = "ours"},
                               {.path = at("theirs.zfs"), .format = "raw", .throwaway = false, .serial = "theirs"}};
        return Guest::make(std::move(options));
    }

    /// Compares a mounted tree with what the source had; the guest says the first differences.
    static void expect_same(vm::SerialShell& shell, const std::string& where, const std::string& against) {
        const auto compared = shell.check("cd /run/work; ./tree-manifest " + where + " > got; cmp -s got " + against +
                                              " || diff " + against + " got | cut -c 1-400 | head -n 20",
                                          1800s);
        KLD_ASSERT_OK(compared);
        EXPECT_EQ(trim(*compared), "") << where;
    }

    /// What the kernel sent, received in user space, is what the kernel's pool holds.
    void expect_kernels_stream_arrives() {
        auto layout = torture_layout();
        layout.erase("snapshot");
        layout["pool"]["name"] = "second";
        RealFiles files;
        KLD_ASSERT_OK(files.write(at("second.json"), layout.dump()));
        run({pool_program(), "receive", "--image", at("second.raw"), "--size", "2G", "--layout", at("second.json"),
             "--stream", "ROOT/default=" + at("theirs.zfs")});
        run({pool_program(), "check", "--image", at("second.raw")});
        std::vector<std::string> manifests;
        for (const char* image : {"torture.raw", "second.raw"}) {
            const auto to = tree_->path() + "/of-" + image;
            run({pool_program(), "extract", "--image", at(image), "ROOT/default@now", "--to", to});
            const auto manifest = tree_manifest(to);
            KLD_ASSERT_OK(manifest);
            manifests.push_back(*manifest);
            KLD_ASSERT_OK(files.remove(to));
        }
        EXPECT_TRUE(manifests[0] == manifests[1]) << "the kernel's stream did not arrive as it was";
    }

    std::optional<TemporaryDirectory> tree_{}, disk_{};
    std::string expected_{};
};

TEST_F(Torture, TheKernelsZfsReadsScrubsSnapshotsAndSendsWhatUserSpaceWrote) {
    make_disks();
    if (HasFailure()) return;
    auto guest = machine();
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    // The system would import the pool by itself, and mount its /home and /var/log over its own.
    auto menu = BootMenu::wait((*guest)->console());
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot_with("rpool/ROOT/default", "systemd.mask=zfs-import-scan.service"));
    auto shell = (*guest)->login("root", kRootPassword);
    KLD_ASSERT_OK(shell);
    answer(
        *shell,
        "mkdir -p /run/work && mount -t tmpfs none /run/work && cd /run/work && tar xf /dev/disk/by-id/virtio-tools");
    const auto in = [&](const std::string& command) { return answer(*shell, "set -e; cd /run/work; " + command); };

    in("zpool import -N -R /mnt -d /dev/disk/by-id torture; zfs mount torture/ROOT/default; zfs mount -a");
    EXPECT_EQ(
        in("zpool get -H -o value bootfs torture; zfs get -H -o value org.kldload:note,quota torture/ROOT/default; "
           "zpool get -H -o value autotrim,failmode torture"),
        "torture/ROOT/default\nchanged\n1G\non\ncontinue");
    expect_same(*shell, "/mnt", "expected");

    in("zpool scrub -w torture");
    const auto status = in("zpool status -p torture");
    EXPECT_NE(status.find("repaired 0B in"), std::string::npos) << status;
    EXPECT_NE(status.find("with 0 errors"), std::string::npos) << status;
    EXPECT_NE(status.find("No known data errors"), std::string::npos) << status;

    // The snapshot of the build, then one of the running system; what happens between goes away again.
    EXPECT_EQ(in("zfs list -H -o name -t snapshot torture/ROOT/default"), "torture/ROOT/default@base");
    in("zfs snapshot torture/ROOT/default@now; rm -r /mnt/large-directory /mnt/files; echo new > /mnt/new; "
       "setfattr -n user.a -v changed /mnt/xattrs/several 2>/dev/null || chmod 0700 /mnt/xattrs/several; zpool sync "
       "torture");
    EXPECT_NE(in("ls /mnt").find("new"), std::string::npos);
    in("zfs rollback torture/ROOT/default@now");
    expect_same(*shell, "/mnt", "expected");

    // A stream of it, received beside it. Without -e: OpenZFS 2.3.9 loses attributes in embedded spill blocks then.
    in("zfs send -L -c -p torture/ROOT/default@now | zfs receive -u -o mountpoint=legacy "
       "torture/received; mkdir copy; mount -t zfs torture/received copy; ./tree-manifest /mnt/.zfs/snapshot/now/. > "
       "snapshot");
    EXPECT_NE(in("wc -l < snapshot"), "0");
    expect_same(*shell, "copy", "snapshot");

    // A stream that user space wrote, with the identity that was asked for; and one for user space.
    in("umount copy; zfs receive -u -o mountpoint=legacy torture/ours < /dev/disk/by-id/virtio-ours; "
       "mount -t zfs torture/ours copy");
    expect_same(*shell, "copy", "snapshot");
    EXPECT_EQ(in("zfs get -H -p -o value guid,creation torture/ours@base"), "4660\n1700000000");
    in("zfs send -L -c torture/ROOT/default@now > /dev/disk/by-id/virtio-theirs; sync");

    // The pool goes back to user space as it was.
    in("umount copy; zfs destroy -r torture/received; zfs destroy -r torture/ours; zpool export torture");
    KLD_ASSERT_OK((*guest)->shut_down(*shell));

    run({pool_program(), "check", "--image", at("torture.raw")});
    run({"mkdir", at("zdb")});
    run({"ln", at("torture.raw"), at("zdb/pool")});
    const auto zdb = run({"zdb", "-e", "-p", at("zdb"), "-bcc", "torture"});
    EXPECT_NE(zdb.out.find("No leaks"), std::string::npos) << zdb.out << zdb.err;
    run({pool_program(), "extract", "--image", at("torture.raw"), "--all", "--to", tree_->path() + "/back"});
    const auto back = tree_manifest(tree_->path() + "/back");
    KLD_ASSERT_OK(back);
    const auto wanted = lines(expected_), got = lines(*back);
    EXPECT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < std::min(wanted.size(), got.size()); ++i) ASSERT_EQ(got[i], wanted[i]);
    expect_kernels_stream_arrives();
}

}  // namespace
}  // namespace kld::test
