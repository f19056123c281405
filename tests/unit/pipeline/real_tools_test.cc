// SPDX-License-Identifier: BSD-3-Clause
// The tools as packages with the real apt, dnf and pacman: from a signed repository onto a machine and off it again.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>

#include "base/text.h"
#include "pipeline/feature_package.h"
#include "pipeline/tools.h"
#include "support/fakes.h"
#include "support/root_tree.h"
#include "support/tiny_packages.h"

namespace kld::pipeline {
namespace {

struct Machine {
    std::string family;
    std::string like;     ///< ID_LIKE of its os-release
    std::string prepare;  ///< what such a system has, and a tree has not
    std::string install, upgrade, remove;
    std::string version;  ///< prints the installed version
    std::string verify;   ///< fails when a file is not as it was packed
    std::string hook;     ///< one that kpkg hooks on writes
};

void PrintTo(const Machine& machine, std::ostream* out) {
    *out << machine.family;
}

// With hooks the managers would ask kpkg for a snapshot, and this root is none of ZFS: removal goes past them.
const Machine kDebian{.family = "apt",
                      .like = "debian",
                      .prepare =
                          "mkdir -p /etc/apt/apt.conf.d /etc/apt/sources.list.d /etc/apt/preferences.d "
                          "/var/lib/dpkg/info /var/lib/dpkg/updates /etc/alternatives; : >/var/lib/dpkg/status; "
                          "ln -s $(command -v mawk gawk | head -n 1) /etc/alternatives/awk; "
                          "echo 'APT::Sandbox::User \"root\";' >/etc/apt/apt.conf.d/00test",
                      .install = "apt-get install -y kldload-tools",
                      .upgrade = "apt-get update && apt-get upgrade -y",
                      .remove = "dpkg --remove kldload-tools",
                      .version = "dpkg-query -W -f '${Version}' kldload-tools",
                      .verify = "! dpkg --verify kldload-tools | grep .",
                      .hook = "/etc/apt/apt.conf.d/80kldload-kpkg"};
const Machine kFedora{.family = "dnf",
                      .like = "rhel fedora",
                      .prepare = "mkdir -p /usr/lib/python3/dist-packages/dnf-plugins; dnf -y install shell",
                      .install = "dnf -y install kldload-tools",
                      .upgrade = "dnf -y --refresh upgrade",
                      .remove = "rpm -e kldload-tools",
                      .version = "rpm -q --qf '%{VERSION}' kldload-tools",
                      .verify = "rpm -V kldload-tools",
                      .hook = "/usr/lib/python3/dist-packages/dnf-plugins/kldload.py"};
const Machine kArch{.family = "pacman",
                    .like = "arch",
                    .prepare = "mkdir -p /var/lib/pacman /var/cache/pacman/pkg /etc/pacman.d/hooks; pacman-key --init",
                    .install = "pacman -S --noconfirm kldload-tools",
                    .upgrade = "pacman -Syu --noconfirm",
                    .remove = "pacman -R --noconfirm --hookdir /test/none kldload-tools",
                    .version = "pacman -Q kldload-tools | sed 's/.* //; s/-1$//' | tr -d '\\n'",
                    .verify = "pacman -Qkk kldload-tools",
                    .hook = "/etc/pacman.d/hooks/00-kldload-kpkg.hook"};

class RealTools : public testing::TestWithParam<Machine> {
protected:
    void SetUp() override {
        auto made = test::RootTree::make(GetParam().like);
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree.emplace(std::move(*made));
        tree->write("/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\nbest=True\nreposdir=/etc/yum.repos.d\n");
        tree->write("/etc/yum.repos.d/base.repo", "[base]\nname=base\nbaseurl=file:///srv/base\ngpgcheck=0\n");
        tree->write("/etc/pacman.conf", "[options]\nArchitecture = auto\nSigLevel = Required\n");
        const auto base = test::make_rpm_repository(runner, files, tree->at("/srv/base"),
                                                    {{.name = "shell", .version = "1", .provides = "/bin/sh"}});
        ASSERT_TRUE(base.has_value()) << render(base.error());
        // The tree has a kpkg of its own.
        tree->said("rm /usr/bin/kpkg; mkdir -p /etc/systemd/system; " + GetParam().prepare);
    }
    void publish(const std::string& version) {
        Build build{runner, files, events, {}};
        build.places = {.cache = tree->at("/test/cache"),
                        .keys = tree->at("/test/keys"),
                        .data = KLD_SOURCE_DIR,
                        .programs = KLD_BIN_DIR};
        if (package.name.empty()) {
            const auto described = describe_feature(build, "tools");
            ASSERT_TRUE(described.has_value()) << render(described.error());
            package = *described;
        }
        package.version = version;
        const auto published =
            publish_package(build, package, {{GetParam().family}, tree->at("/srv/kldload"), "file:///srv/kldload/"});
        ASSERT_TRUE(published.has_value()) << render(published.error());
        ASSERT_EQ(published->size(), 1U);
        source = published->front().source;
    }
    /// "enabled" or "disabled" for the units of trials and of pruning.
    std::string units() {
        return tree
            ->sh(
                "systemctl is-enabled kldload-trial.service kldload-trial-timeout.timer kldload-prune.timer | "
                "tr '\\n' ' '")
            .out;
    }
    RealFiles files{};
    ProcessRunner runner{};
    test::CaptureEvents events{};
    std::optional<test::RootTree> tree;
    packing::Package package{};
    packing::Source source{};
};

TEST_P(RealTools, FromInstallToRemove) {
    const auto& machine = GetParam();
    ASSERT_NO_FATAL_FAILURE(publish("1.0"));
    // As people are told to.
    tree->said("cd /srv/kldload/" + machine.family + " && " + join(packing::steps(source), " && "));
    tree->said("mkdir /run/mount");  // mount(8) makes it
    tree->remember_names();
    tree->said(machine.install);
    EXPECT_EQ(tree->said(machine.version), "1.0");
    EXPECT_NE(tree->said("kpkg --help").find("history"), std::string::npos);
    EXPECT_NE(tree->said("zcat /usr/share/man/man8/kpkg.8.gz").find("kpkg"), std::string::npos);
    tree->said(machine.verify);
    EXPECT_EQ(units(), "enabled enabled enabled ");

    tree->said("systemctl disable kldload-prune.timer");
    ASSERT_NO_FATAL_FAILURE(publish("2.0"));
    tree->said(machine.upgrade);
    EXPECT_EQ(tree->said(machine.version), "2.0");
    tree->said(machine.verify);
    EXPECT_EQ(units(), "enabled enabled disabled ") << "what was changed since is not changed back";

    EXPECT_NE(tree->sh("kpkg hooks on").exit_code, 0) << "this root is none of ZFS";
    tree->write("/test/mountinfo", "25 1 0:23 / / rw - zfs rpool/ROOT/default rw\n");
    tree->said("sh -c 'mount --bind /test/mountinfo /proc/$$/mountinfo && exec kpkg hooks on'");
    tree->said("mkdir -p /var/log/kldload && echo record >/var/log/kldload/transactions.jsonl");
    EXPECT_NE(tree->changed_names().find("> " + machine.hook + "\n"), std::string::npos);
    tree->said(machine.remove);
    EXPECT_EQ(tree->changed_names(), "");
    EXPECT_EQ(tree->said("cat /var/log/kldload/transactions.jsonl"), "record\n");
    tree->said(machine.install);
    EXPECT_EQ(units(), "enabled enabled enabled ") << "installed again";
}

TEST_P(RealTools, AProgramThatIsNotAsItWasPackedIsFound) {
    const auto& machine = GetParam();
    ASSERT_NO_FATAL_FAILURE(publish("1.0"));
    tree->said("cd /srv/kldload/" + machine.family + " && " + join(packing::steps(source), " && "));
    tree->said(machine.install + "; " + machine.verify + "; echo altered >>/usr/lib/kldload/kldload-tools");
    EXPECT_NE(tree->sh(machine.verify).exit_code, 0);
}

TEST(Tools, AreTheSameBytesForEveryFamily) {
    RealFiles files;
    ProcessRunner runner;
    test::CaptureEvents events;
    const auto directory = TemporaryDirectory::make("/tmp").value();
    const auto& place = directory.path();
    Build build{
        runner, files, events, {.cache = place, .keys = place, .data = KLD_SOURCE_DIR, .programs = KLD_BIN_DIR}};
    const auto first = pack_tools(build, {}, place + "/first"), second = pack_tools(build, {}, place + "/second");
    ASSERT_TRUE(first.has_value()) << render(first.error());
    ASSERT_TRUE(second.has_value()) << render(second.error());
    ASSERT_EQ(first->size(), tool_families().size());
    for (std::size_t at = 0; at < first->size(); ++at)
        EXPECT_TRUE(*files.read(first->at(at).package) == *files.read(second->at(at).package)) << first->at(at).package;
}

INSTANTIATE_TEST_SUITE_P(Families, RealTools, testing::Values(kDebian, kFedora, kArch),
                         [](const testing::TestParamInfo<Machine>& info) { return info.param.family; });

}  // namespace
}  // namespace kld::pipeline
