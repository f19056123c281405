// SPDX-License-Identifier: BSD-3-Clause
// Faults as the distribution's own tools make them, most of them with exit code 0, in trees taken out of finished
// images: `kldload check` names exactly the row of each. No machine is started.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "base/tree_runner.h"
#include "vm/support/image_content.h"
#include "vm/support/images.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using Rows = std::set<std::string>;

/// The rows that fire on a tree, a disk or an image, with what they say; one called "error" when there is no report.
std::map<std::string, std::string> fired(const std::string& subject) {
    ProcessRunner runner;
    const auto output = runner.run({.argv = {std::string(KLD_BIN_DIR) + "/kldload", "check", subject, "--json"},
                                    .timeout = std::chrono::minutes(30),
                                    .accept = [](int) { return true; }});
    if (!output) return {{"error", render(output.error())}};
    const auto report = nlohmann::json::parse(output->out, nullptr, false);
    if (!report.is_object()) return {{"error", output->err}};
    std::map<std::string, std::string> rows;
    for (const auto& result : report["results"])
        if (const auto& status = result["status"]; status != "pass" && status != "not applicable")
            rows[result["id"]] += result["evidence"].get<std::string>();
    return rows;
}

Rows fired_rows(const std::string& subject) {
    Rows rows;
    for (const auto& [id, evidence] : fired(subject)) rows.insert(id);
    return rows;
}

/// The boot environment of an image in a directory, with its own tools at hand.
class RealFaults : public testing::Test {
protected:
    void take(const std::string& image) {
        auto made = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(made);
        directory_.emplace(std::move(*made));
        const auto path = image_path(image);
        KLD_ASSERT_OK(path);
        KLD_ASSERT_OK(extract_environment(*path, tree()));
        kernel_ = here("cd boot; echo vmlinuz-*").substr(std::string("vmlinuz-").size());
        ASSERT_EQ(fired(tree()), (std::map<std::string, std::string>{})) << "before anything was broken";
    }
    std::string tree() const { return directory_->path() + "/tree"; }
    /// "modules": usr/lib/modules/<kernel>
    std::string modules() const { return "usr/lib/modules/" + kernel_; }

    /// On the builder, in the tree's directory. A failing command makes the test fail.
    std::string here(const std::string& script) {
        const auto output = runner_.run({.argv = {"bash", "-euc", "cd \"$0\"; " + script, tree()}});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? std::string(trim(output->out)) : "";
    }
    /// The exit code of a script inside the tree; -1 when it could not be run.
    int inside(const std::string& script) {
        TreeRunner chroot(runner_, tree());
        const auto output = chroot.run(
            {.argv = {"bash", "-c", script}, .timeout = std::chrono::minutes(60), .accept = [](int) { return true; }});
        if (!output) return -1;
        said_ = output->out + output->err;
        return output->exit_code;
    }

    std::string kernel_{};
    std::string said_{};  ///< by the last inside()

private:
    ProcessRunner runner_{};
    std::optional<TemporaryDirectory> directory_{};
};

TEST_F(RealFaults, InitramfsToolsMakesAnImageWithoutAModule) {
    take("debian-13-core");
    here("mkdir ../aside; mv " + modules() + "/updates ../aside/");
    EXPECT_EQ(inside("depmod " + kernel_), 0);
    // Our hook refuses, and the image that works stays.
    EXPECT_NE(inside("update-initramfs -u -k " + kernel_), 0);
    EXPECT_EQ(fired_rows(tree()), Rows{"B03"});

    // Without the hook the distribution's tool has nothing to say about it.
    here(
        "mv etc/initramfs-tools/hooks ../aside/ 2>/dev/null || true; mv usr/share/initramfs-tools/hooks/*kldload* "
        "../aside/");
    EXPECT_EQ(inside("update-initramfs -u -k " + kernel_), 0) << said_;
    here("mv ../aside/updates " + modules());
    EXPECT_EQ(inside("depmod " + kernel_), 0);
    EXPECT_EQ(fired_rows(tree()), Rows{"B02"});
}

TEST_F(RealFaults, InitramfsToolsMakesAnImageWithoutAHostid) {
    take("debian-13-core");
    here("mkdir ../aside; mv etc/hostid ../aside/");
    EXPECT_NE(inside("update-initramfs -u -k " + kernel_), 0);
    here("mv usr/share/initramfs-tools/hooks/*kldload* ../aside/");
    EXPECT_EQ(inside("update-initramfs -u -k " + kernel_), 0) << said_;
    here("mv ../aside/hostid etc/");
    EXPECT_EQ(fired_rows(tree()), Rows{"B08"});
}

TEST_F(RealFaults, DracutRefusesAnImageWithoutAModule) {
    take("debian-13-core-dracut");
    here("mkdir ../aside; mv " + modules() + "/updates ../aside/; rm boot/initrd.img-*");
    EXPECT_EQ(inside("depmod " + kernel_), 0);
    EXPECT_NE(inside("dracut --force /boot/initrd.img-" + kernel_ + " " + kernel_), 0);
    here("mv ../aside/updates " + modules());
    EXPECT_EQ(inside("depmod " + kernel_), 0);
    EXPECT_EQ(fired_rows(tree()), Rows{"B16"});
}

TEST_F(RealFaults, DracutLeavesTheImportOut) {
    take("debian-13-core-dracut");
    here("mkdir ../aside; mv usr/lib/dracut/modules.d/*zfs ../aside/");
    EXPECT_NE(inside("dracut --force /boot/initrd.img-" + kernel_ + " " + kernel_), 0);
    EXPECT_EQ(fired_rows(tree()), Rows{"B01"});
    here("mv usr/lib/dracut/dracut.conf.d/*kldload* usr/lib/dracut/modules.d/*kldload ../aside/");
    EXPECT_EQ(inside("dracut --force /boot/initrd.img-" + kernel_ + " " + kernel_), 0) << said_;
    here("mv ../aside/*zfs usr/lib/dracut/modules.d/");
    // What imports the pool brings the hostid, too.
    EXPECT_EQ(fired_rows(tree()), (Rows{"B01", "B08"}));
}

/// As --hostonly does on a machine without NVMe; said outright, it does not depend on this one.
TEST_F(RealFaults, DracutLeavesDriversOut) {
    take("debian-13-core-dracut");
    EXPECT_EQ(inside("dracut --omit-drivers nvme --force /boot/initrd.img-" + kernel_ + " " + kernel_), 0) << said_;
    EXPECT_EQ(fired_rows(tree()), Rows{"B34"});
}

TEST_F(RealFaults, DracutCopiesAForeignPoolCache) {
    take("debian-13-core-dracut");
    here("mkdir -p etc/zfs; echo garbage >etc/zfs/zpool.cache");
    EXPECT_EQ(inside("dracut --force /boot/initrd.img-" + kernel_ + " " + kernel_), 0) << said_;
    here("rm etc/zfs/zpool.cache");
    EXPECT_EQ(fired_rows(tree()), Rows{"B09"});
}

/// dkms says nothing, or says it with exit code 0.
class RealDkmsFaults : public RealFaults {
protected:
    void SetUp() override {
        take("debian-13-server-old-dkms");
        if (HasFatalFailure()) return;
        version_ = here("sed -n 's/^Version: *//p' usr/src/zfs-*/META");
    }
    /// As before anything was compiled for this kernel.
    void forget_modules() {
        EXPECT_EQ(inside("dkms remove zfs/" + version_ + " -k " + kernel_ + "; dkms add zfs/" + version_), 0) << said_;
    }
    std::string version_{};
};

TEST_F(RealDkmsFaults, NoProc) {
    forget_modules();
    // dkms decides by /proc whether this is a kernel of 64 bits.
    EXPECT_EQ(inside("umount /proc && dpkg-reconfigure zfs-dkms"), 0) << said_;
    EXPECT_EQ(fired_rows(tree()), Rows{"B03"});
}

TEST_F(RealDkmsFaults, NoHeaders) {
    forget_modules();
    here("rm " + modules() + "/build");
    EXPECT_EQ(inside("/etc/kernel/postinst.d/dkms " + kernel_), 0) << said_;
    const auto rows = fired(tree());
    ASSERT_TRUE(rows.size() == 1 && rows.contains("B03")) << testing::PrintToString(rows);
    EXPECT_NE(rows.at("B03").find("headers are not installed"), std::string::npos) << rows.at("B03");
}

TEST_F(RealDkmsFaults, RealTimeKernel) {
    forget_modules();
    here("echo CONFIG_PREEMPT_RT=y | tee -a boot/config-" + kernel_ + " " + modules() +
         "/build/include/config/auto.conf");
    EXPECT_EQ(inside("/etc/kernel/postinst.d/dkms " + kernel_), 0) << said_;
    const auto rows = fired(tree());
    ASSERT_TRUE(rows.size() == 1 && rows.contains("B03")) << testing::PrintToString(rows);
    EXPECT_NE(rows.at("B03").find("real-time"), std::string::npos) << rows.at("B03");
}

TEST_F(RealDkmsFaults, KernelTooNew) {
    here("sed -i 's/^Linux-Maximum:.*/Linux-Maximum: 6.11/' usr/src/zfs-*/META");
    EXPECT_EQ(fired_rows(tree()), Rows{"B05"});
    forget_modules();
    EXPECT_NE(inside("/etc/kernel/postinst.d/dkms " + kernel_), 0) << said_;
    EXPECT_EQ(fired_rows(tree()), (Rows{"B03", "B05"}));
}

/// dkms signs with a key that it has openssl make, and goes on without.
TEST_F(RealDkmsFaults, NoOpenssl) {
    forget_modules();
    here("mkdir ../aside; mv usr/bin/openssl ../aside/");
    EXPECT_EQ(inside("/etc/kernel/postinst.d/dkms " + kernel_), 0) << said_;
    EXPECT_EQ(inside("update-initramfs -u -k " + kernel_), 0) << said_;
    // Whether signatures matter is for the disk to say, which has shim or not.
    here("tar cf ../overlay.tar boot/initrd.img-" + kernel_);
    const auto image = image_path("debian-13-server-old-dkms");
    KLD_ASSERT_OK(image);
    here("qemu-img convert -O raw " + *image + " ../disk.raw; " + KLD_BIN_DIR +
         "/kldload-pool apply --image ../disk.raw --offset 513M rpool/ROOT/default ../overlay.tar");
    EXPECT_EQ(fired_rows(tree() + "/../disk.raw"), Rows{"B27"});
}

/// An image as a disk of this machine.
class RealDisk : public testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(made);
        directory_.emplace(std::move(*made));
        raw_ = directory_->path() + "/disk.raw";
        const auto path = image_path("debian-13-core");
        KLD_ASSERT_OK(path);
        run({"qemu-img", "convert", "-O", "raw", *path, raw_});
        device_ = run({"losetup", "--find", "--show", raw_});
        ASSERT_TRUE(device_.starts_with("/dev/loop")) << device_;
    }
    void TearDown() override {
        if (!device_.empty()) run({"losetup", "--detach", device_});
    }
    std::string run(const std::vector<std::string>& argv) {
        ProcessRunner runner;
        const auto output = runner.run({.argv = argv, .timeout = std::chrono::minutes(30)});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? std::string(trim(output->out)) : "";
    }

    std::string raw_{}, device_{};

private:
    std::optional<TemporaryDirectory> directory_{};
};

TEST_F(RealDisk, IsReadLikeItsImage) {
    const auto before = run({"sha256sum", raw_});
    EXPECT_EQ(fired(device_), (std::map<std::string, std::string>{}));
    const auto text = run({std::string(KLD_BIN_DIR) + "/kldload", "check", device_});
    EXPECT_NE(text.find(" 0 warnings, 0 failed, 0 unknown, "), std::string::npos) << text;
    EXPECT_EQ(run({"sha256sum", raw_}), before);
}

/// As ZFSBootMenu writes it itself: the plus in Debian's releases is an operator of the pattern.
TEST_F(RealDisk, APinThatIsNotEscapedMatchesNothing) {
    const auto kernel = report_of("debian-13-core", "kernel");
    KLD_ASSERT_OK(kernel);
    const auto pin = [&](const std::string& pattern) {
        run({std::string(KLD_BIN_DIR) + "/kldload-pool", "set", "--image", device_, "--offset", "513M",
             "org.zfsbootmenu:kernel=vmlinuz-" + pattern + "$", "rpool/ROOT/default"});
        return fired_rows(device_);
    };
    EXPECT_EQ(pin(*kernel), Rows{"B17"});
    EXPECT_EQ(pin(replace_all(replace_all(*kernel, ".", "\\."), "+", "\\+")), Rows{});
}

}  // namespace
}  // namespace kld::test
