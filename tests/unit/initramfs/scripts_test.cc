// SPDX-License-Identifier: BSD-3-Clause
// Runs our initramfs-tools scripts with the tools and places around them made up.
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/runner.h"
#include "base/text.h"

namespace kld::initramfs {
namespace {

class ScriptTest : public testing::Test {
protected:
    TemporaryDirectory temporary_ = *TemporaryDirectory::make("/tmp");
    std::string root_ = temporary_.path();
    RealFiles files_;
    ProcessRunner runner_;

    void put(const std::string& path, const std::string& bytes, unsigned mode = 0644) {
        const auto full = root_ + "/" + path;
        ASSERT_TRUE(files_.make_directories(full.substr(0, full.rfind('/'))));
        ASSERT_TRUE(files_.write(full, bytes, mode));
    }
    void tool(const std::string& name, const std::string& script) {
        put("bin/" + name, "#!/bin/sh\n" + script + "\n", 0755);
    }
    void remove(const std::string& path) { ASSERT_TRUE(files_.remove(root_ + "/" + path)); }
    /// The script under packaging/, told other places than the system's.
    std::string script(const std::string& name, const std::vector<std::pair<std::string, std::string>>& places) {
        auto text = *files_.read(std::string(KLD_SOURCE_DIR) + "/packaging/" + name);
        for (const auto& [from, to] : places) {
            EXPECT_NE(text.find(from), std::string::npos) << from;
            text = replace_all(text, from, to);
        }
        return text;
    }
};

class HookTest : public ScriptTest {
protected:
    void SetUp() override {
        for (const auto* program : {"zpool", "zfs", "mount.zfs"})
            put(std::string("image/usr/sbin/") + program, "x", 0755);
        put("image/lib/modules/6.12/updates/kldload/zfs.ko.xz", "x");
        put("image/lib/modules/6.12/updates/kldload/spl.ko.xz", "x");
        put("image/scripts/zfs", "x");
        put("image/etc/hostid", "abcd");
        put_functions("manual_add_modules() { echo \"$@\" >\"" + root_ + "/asked\"; }\n");
    }
    void put_functions(const std::string& text) {
        put("hook-functions", text + "copy_exec() { echo \"$1\" >\"" + root_ + "/copied\"; }\n");
    }
    struct Outcome {
        int code;
        std::string said;
    };
    Outcome run(const std::string& argument = {}) {
        const auto text = script("initramfs-tools/hooks/kldload",
                                 {{"/usr/share/initramfs-tools/hook-functions", root_ + "/hook-functions"},
                                  {" /etc/hostid ", " " + root_ + "/etc/hostid "}});
        put("hook", text);
        const auto output = runner_.run({.argv = {"sh", root_ + "/hook", argument},
                                         .accept = [](int) { return true; },
                                         .environment = {"DESTDIR=" + root_ + "/image", "version=6.12"}});
        return output ? Outcome{output->exit_code, output->out + output->err} : Outcome{-1, render(output.error())};
    }
    void expect_refused(const std::string& what) {
        const auto outcome = run();
        EXPECT_EQ(outcome.code, 1);
        EXPECT_NE(outcome.said.find("E: kldload: " + what), std::string::npos) << outcome.said;
        EXPECT_NE(outcome.said.find("it is not made, an older one stays in place"), std::string::npos) << outcome.said;
    }
};

TEST_F(HookTest, RunsAfterTheHookOfZfs) {
    EXPECT_EQ(run("prereqs").said, "zfs\n");
}

TEST_F(HookTest, AcceptsAWholeImageInSilence) {
    const auto outcome = run();
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.said, "");
    EXPECT_EQ(*files_.read(root_ + "/asked"), "spl zfs\n");
    EXPECT_EQ(*files_.read(root_ + "/copied"), "/usr/lib/kldload/mount-var-log\n");
}

TEST_F(HookTest, FetchesModulesThatNewerToolsWouldCopyLater) {
    remove("image/lib/modules/6.12/updates");
    put_functions(
        "manual_add_modules() { :; }\napply_add_modules() { touch x; for m in zfs spl; do echo m "
        ">\"${DESTDIR}/lib/modules/6.12/$m.ko\"; done; }\n");
    EXPECT_EQ(run().code, 0);
}

TEST_F(HookTest, NamesEachMissingModule) {
    remove("image/lib/modules/6.12/updates/kldload/zfs.ko.xz");
    expect_refused("no zfs.ko for the kernel 6.12: install zfs-modules-6.12");
    put("image/lib/modules/6.12/zfs.ko", "x");
    remove("image/lib/modules/6.12/updates/kldload/spl.ko.xz");
    expect_refused("no spl.ko for the kernel 6.12");
}

TEST_F(HookTest, TakesNoModuleOfAnotherKernel) {
    ASSERT_TRUE(files_.rename(root_ + "/image/lib/modules/6.12", root_ + "/image/lib/modules/6.11"));
    expect_refused("no zfs.ko for the kernel 6.12");
}

TEST_F(HookTest, TakesNoDanglingLink) {
    remove("image/lib/modules/6.12/updates/kldload/zfs.ko.xz");
    ASSERT_TRUE(runner_.run({.argv = {"ln", "-s", "nowhere", root_ + "/image/lib/modules/6.12/zfs.ko.xz"}}));
    expect_refused("no zfs.ko");
}

TEST_F(HookTest, NamesEachMissingProgram) {
    for (const std::string program : {"zpool", "zfs", "mount.zfs"}) {
        remove("image/usr/sbin/" + program);
        expect_refused("no " + program + " in the image");
        put("image/sbin/" + program, "x", 0755);
        EXPECT_EQ(run().code, 0) << program;
    }
}

TEST_F(HookTest, NamesTheMissingBootScript) {
    remove("image/scripts/zfs");
    expect_refused("no scripts/zfs");
}

TEST_F(HookTest, BringsTheHostidWhenTheHookOfZfsDidNot) {
    remove("image/etc/hostid");
    put("etc/hostid", "wxyz");
    EXPECT_EQ(run().code, 0);
    EXPECT_EQ(*files_.read(root_ + "/image/etc/hostid"), "wxyz");
}

TEST_F(HookTest, RefusesEveryBadHostid) {
    remove("image/etc/hostid");
    expect_refused("no etc/hostid in the image");
    put("image/etc/hostid", "abc");
    expect_refused("/etc/hostid does not have 4 bytes");
    put("image/etc/hostid", std::string(4, '\0'));
    expect_refused("the hostid in ");
}

class BootScriptTest : public ScriptTest {
protected:
    void SetUp() override {
        tool("uname", "echo 6.12");
        tool("mount", ":");
        put("consoles", "console -W- (EC p a) 4:64\n");
        put("modules/6.12/updates/kldload/zfs.ko.xz", "x");
        put("log", "[ 1.0] Kernel command line: root=zfs:x\n[ 2.0] Loading of unsigned module is rejected\n");
        tool("dmesg", "cat " + root_ + "/log");
        put("lockdown", "none [integrity] confidentiality\n");
    }
    std::string run(const std::string& boot = "zfs") {
        put("script", script("initramfs-tools/scripts/init-premount/kldload",
                             {{"/proc/consoles", root_ + "/consoles"},
                              {"/dev/${console}", root_ + "/dev/${console}"},
                              {"/lib/modules/", root_ + "/modules/"},
                              {"/sys/kernel/security/lockdown", root_ + "/lockdown"}}));
        EXPECT_TRUE(files_.make_directories(root_ + "/dev"));
        put("dev/console", "");
        // A console is not cut off at each line as a file is.
        const auto text = replace_all(*files_.read(root_ + "/script"), "2>/dev/null >\"", "2>/dev/null >>\"");
        put("script", text);
        const auto output = runner_.run({.argv = {"sh", root_ + "/script"},
                                         .environment = {"BOOT=" + boot, "PATH=" + root_ + "/bin:/usr/bin:/bin"}});
        EXPECT_TRUE(output);
        EXPECT_EQ(output->out + output->err, "");
        return *files_.read(root_ + "/dev/console");
    }
};

TEST_F(BootScriptTest, SaysNothingWhenZfsLoads) {
    tool("modprobe", "exit 0");
    EXPECT_EQ(run(), "");
}

TEST_F(BootScriptTest, KeepsOutOfOtherBoots) {
    tool("modprobe", "exit 1");
    EXPECT_EQ(run("local"), "");
}

TEST_F(BootScriptTest, ExplainsARefusedSignature) {
    tool("modprobe", "echo \"modprobe: ERROR: could not insert 'zfs': Key was rejected by service\" >&2; exit 1");
    const auto said = run();
    EXPECT_NE(
        said.find(
            "zfs.ko was refused: it is not signed with a key that this machine trusts, and the kernel is locked down."),
        std::string::npos)
        << said;
    EXPECT_NE(said.find("Enrol the builder's certificate"), std::string::npos);
    EXPECT_NE(said.find("kldload:   Loading of unsigned module is rejected\n"), std::string::npos);
    EXPECT_EQ(said.find("command line"), std::string::npos);
    put("lockdown", "[none] integrity confidentiality\n");
    EXPECT_NE(run().find("module.sig_enforce=1 allows no other"), std::string::npos);
}

TEST_F(BootScriptTest, ExplainsAWrongModule) {
    tool("modprobe", "echo \"modprobe: can't load module zfs: invalid module format\"; exit 1");
    EXPECT_NE(run().find("Wrong kernel: this is 6.12, zfs.ko in the initramfs was built for another one."),
              std::string::npos);
}

TEST_F(BootScriptTest, ExplainsAMissingModule) {
    tool("modprobe", "exit 1");
    remove("modules/6.12/updates");
    EXPECT_NE(run().find("zfs.ko for 6.12 is missing from the initramfs."), std::string::npos);
    put("modules/6.11/zfs.ko", "x");
    EXPECT_NE(run().find("Wrong kernel: this is 6.12, the initramfs has ZFS for 6.11"), std::string::npos);
}

TEST_F(BootScriptTest, RepeatsWhatItDoesNotKnow) {
    tool("modprobe", "echo 'Out of memory'; exit 1");
    EXPECT_NE(run().find("modprobe says: Out of memory"), std::string::npos);
}

/// dracut's side, with dracut's own functions made up.
class DracutTest : public ScriptTest {
protected:
    void SetUp() override {
        for (const auto* program : {"zpool", "zfs", "mount.zfs"})
            put(std::string("image/usr/sbin/") + program, "x", 0755);
        put("image/etc/hostid", "abcd");
    }
    Output run() {
        put("run",
            "inst_simple() { echo \"simple $1\"; }\ninst_hook() { echo \"hook $1 $2 ${3##*/}\"; }\n"
            "dfatal() { echo \"fatal: $*\"; }\nmoddir=/m\ninitdir=" +
                root_ + "/image\n" +
                replace_all(*files_.read(std::string(KLD_SOURCE_DIR) + "/packaging/dracut/91kldload/module-setup.sh"),
                            " /etc/hostid", " " + root_ + "/etc/hostid") +
                "\ninstall\n");
        return *runner_.run({.argv = {"bash", root_ + "/run"}, .accept = [](int) { return true; }});
    }
    void expect_refused(const std::string& what) {
        const auto output = run();
        EXPECT_EQ(output.exit_code, 1);
        EXPECT_NE(output.out.find("fatal: kldload: " + what), std::string::npos) << output.out << output.err;
        EXPECT_NE(output.out.find("an older one stays in place"), std::string::npos) << output.out;
    }
};

TEST_F(DracutTest, AcceptsAWholeImage) {
    const auto output = run();
    EXPECT_EQ(output.exit_code, 0) << output.out << output.err;
    EXPECT_EQ(output.out, "simple /usr/lib/kldload/mount-var-log\nhook pre-pivot 50 kldload-var-log.sh\n");
}

TEST_F(DracutTest, NamesEachMissingProgram) {
    for (const std::string program : {"zpool", "zfs", "mount.zfs"}) {
        remove("image/usr/sbin/" + program);
        expect_refused("no " + program + " in the image");
        put("image/usr/bin/" + program, "x", 0755);
        EXPECT_EQ(run().exit_code, 0) << program;
    }
}

TEST_F(DracutTest, CopiesTheHostidThatDracutForgets) {
    remove("image/etc/hostid");
    expect_refused("no etc/hostid in the image");
    put("etc/hostid", "efgh");
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(*files_.read(root_ + "/image/etc/hostid"), "efgh");
}

TEST_F(DracutTest, RefusesEveryBadHostid) {
    put("image/etc/hostid", std::string(4, '\0'));
    expect_refused("the hostid in " + root_ + "/etc/hostid is zero");
    for (const auto* bad : {"", "abc", "abcde"}) {
        put("image/etc/hostid", bad);
        expect_refused(root_ + "/etc/hostid does not have 4 bytes");
    }
}

class MicrocodeTest : public ScriptTest {
protected:
    void SetUp() override {
        put("hook-functions", "prepend_earlyinitramfs() { cp \"$1\" \"" + root_ + "/early\"; }\n");
        put("cpuinfo", "vendor_id\t: GenuineIntel\n");
        put("firmware/amd-ucode/b.bin", "second");
        put("firmware/amd-ucode/a.bin", "first ");
        // Says what would be packed, so that no cpio is needed here.
        tool("cpio",
             "tr '\\0' '\\n' | while read -r path; do [ -d \"$path\" ] || { echo \"$path\"; cat \"$path\"; }; done");
    }
    /// What is put in front of the image.
    std::string run() {
        const auto hook = "features/metal/usr/share/initramfs-tools/hooks/kldload-amd-microcode";
        put("hook", script(hook, {{"/usr/share/initramfs-tools/hook-functions", root_ + "/hook-functions"},
                                  {"/etc/default/amd64-microcode", root_ + "/config"},
                                  {"/usr/lib/firmware", root_ + "/firmware"},
                                  {"/proc/cpuinfo", root_ + "/cpuinfo"}}));
        const auto output = runner_.run({.argv = {"sh", root_ + "/hook"},
                                         .environment = {"PATH=" + root_ + "/bin:/usr/bin:/bin", "TMPDIR=" + root_}});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return files_.read(root_ + "/early").value_or("nothing");
    }
};

TEST_F(MicrocodeTest, IsPutInFrontOnAMachineOfAnotherMaker) {
    EXPECT_EQ(run(), "./kernel/x86/microcode/AuthenticAMD.bin\nfirst second");
}

TEST_F(MicrocodeTest, IsLeftToItsOwnPackageWhereThatDoesIt) {
    put("cpuinfo", "vendor_id\t: AuthenticAMD\n");
    EXPECT_EQ(run(), "nothing");
}

TEST_F(MicrocodeTest, ObeysTheConfigurationOfItsPackage) {
    for (const auto* choice : {"no", "early"}) {
        put("config", std::string("AMD64UCODE_INITRAMFS=") + choice + "\n");
        EXPECT_EQ(run(), "nothing") << choice;
    }
    put("config", "#AMD64UCODE_INITRAMFS=no\n");
    EXPECT_NE(run(), "nothing");
}

TEST_F(MicrocodeTest, IsNotThereWithoutItsPackage) {
    remove("firmware");
    EXPECT_EQ(run(), "nothing");
}

}  // namespace
}  // namespace kld::initramfs
