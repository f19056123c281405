// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "dkms/prepare.h"
#include "support/fakes.h"

namespace kld::dkms {
namespace {

constexpr const char* kOld = "6.12.90+deb13-amd64";
constexpr const char* kNew = "6.12.95+deb13-amd64";

/// Answers as dpkg-deb, dkms and mokutil do: "<package>_<version>_amd64.deb" is a package of that name, and dkms
/// compiles unless told otherwise.
class MachineRunner final : public Runner {
public:
    explicit MachineRunner(test::FakeFiles& files) : files_(files) {}

    Result<Output> run(const Command& command) override {
        ran.push_back(join(command.argv, " "));
        const auto& argv = command.argv;
        if (argv[0] == "dpkg-deb" && argv[1] == "--field") {
            const auto name = split(argv[2].substr(argv[2].rfind('/') + 1), '_');
            return Output{0, fmt::format("Package: {}\nVersion: {}\n", name[0], name[1]), {}};
        }
        if (argv[0] == "dkms" && argv[1] == "build") return build(argv[5], argv[7], argv[9]);
        if (argv[0] == "dkms" && argv[1] == "generate_mok") files_.entries["/var/lib/dkms/mok.pub"] = {"key"};
        if (argv[0] == "mokutil" && argv[1] == "--sb-state")
            return Output{0, secure_boot ? "SecureBoot enabled\n" : "SecureBoot disabled\n", {}};
        if (argv[0] == "mokutil")
            return Output{enrolled ? 1 : 0, argv[2] + (enrolled ? " is already enrolled\n" : " is not enrolled\n"), {}};
        return Output{};
    }
    /// How often a command that starts so was run.
    std::size_t count(const std::string& start) const {
        std::size_t found = 0;
        for (const auto& line : ran) found += line.starts_with(start) ? 1 : 0;
        return found;
    }

    std::set<std::string> fails;  ///< kernels
    bool secure_boot = false, enrolled = false;
    std::vector<std::string> ran;

private:
    Result<Output> build(const std::string& version, const std::string& kernel, const std::string& tree) {
        if (fails.contains(kernel)) {
            files_.entries[fmt::format("{}/zfs/{}/build/make.log", tree, version)] = {
                "checking\nconfigure: error: *** This kernel does not build anything\n"};
            return Output{0, {}, {}};
        }
        files_.entries[fmt::format("{}/zfs/{}/{}/x86_64/module/zfs.ko.xz", tree, version, kernel)] = {"module"};
        return Output{0, {}, {}};
    }
    test::FakeFiles& files_;
};

std::string deb(const std::string& name, const std::string& version) {
    return fmt::format("/var/cache/apt/archives/{}_{}_amd64.deb\n", name, version);
}

class DkmsTest : public testing::Test {
protected:
    void SetUp() override {
        files.entries["/usr/src/zfs-2.3.9/dkms.conf"] = {"PACKAGE_NAME=zfs"};
        files.entries["/boot/vmlinuz-" + std::string(kOld)] = {"kernel"};
        files.entries["/lib/modules/" + std::string(kOld) + "/build"] = {"link"};
    }
    std::string new_kernel() {
        return deb("libc6", "2.41-1") + deb("linux-image-" + std::string(kNew), "6.12.95-1") +
               deb("linux-image-amd64", "6.12.95-1") + deb("linux-headers-" + std::string(kNew), "6.12.95-1") +
               deb("linux-headers-6.12.95+deb13-common", "6.12.95-1") + deb("linux-headers-amd64", "6.12.95-1") +
               deb("linux-kbuild-6.12.95+deb13", "6.12.95-1");
    }
    Status run(const std::string& list) {
        KLD_TRY(const auto transaction, read_transaction(runner, list));
        KLD_TRY(const auto machine, read_machine(files));
        Tools tools{runner, files, events, [&](const std::string& over) -> Status {
                        overlays.push_back(over);
                        return {};
                    }};
        return prepare(machine, transaction, tools);
    }
    test::FakeFiles files;
    MachineRunner runner{files};
    test::CaptureEvents events;
    std::vector<std::string> overlays;
};

}  // namespace

TEST_F(DkmsTest, ReadsWhatComes) {
    const auto read = read_transaction(runner, new_kernel() + deb("linux-image-" + std::string(kNew) + "-dbg", "1") +
                                                   deb("linux-image-6.12.95-rt-amd64-unsigned", "6.12.95-1") +
                                                   deb("zfs-dkms", "2.3.10-1"));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->kernels, (std::vector<std::string>{kNew, "6.12.95-rt-amd64"}));
    EXPECT_EQ(read->build_packages.size(), 4U);
    EXPECT_EQ(read->zfs_source.size(), 1U);
    EXPECT_EQ(runner.count("dpkg-deb --field /var/cache/apt/archives/libc6"), 0U) << "nobody asks for what is neither";
}

TEST_F(DkmsTest, CompilesBeforeTheKernelIsInstalled) {
    ASSERT_TRUE(run(new_kernel()));
    EXPECT_EQ(runner.count("dkms build -m zfs -v 2.3.9 -k 6.12.95+deb13-amd64 --dkmstree /var/lib/kldload/dkms"), 1U);
    EXPECT_EQ(runner.count("dpkg-deb --extract"), 4U) << "the headers and what they use";
    EXPECT_EQ(overlays.size(), 1U);
    EXPECT_FALSE(files.exists(kPins));
    ASSERT_TRUE(run(new_kernel())) << "a second time";
    EXPECT_EQ(runner.count("dkms build"), 1U) << "what is built is kept";
    EXPECT_EQ(runner.count("dkms add"), 1U);
    ASSERT_TRUE(run(replace_all(new_kernel(), "6.12.95", "6.12.96")));
    EXPECT_EQ(runner.count("dkms add"), 2U) << "what an older transaction left is dropped";
}

TEST_F(DkmsTest, WhatDoesNotCompileIsRefusedAndLeftOut) {
    runner.fails = {kNew};
    const auto done = run(new_kernel());
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_EQ(done.error().message, "zfs 2.3.9 does not compile for the kernel 6.12.95+deb13-amd64");
    ASSERT_EQ(done.error().details.size(), 3U);
    EXPECT_EQ(done.error().details[1], "configure: error: *** This kernel does not build anything");
    EXPECT_NE(done.error().hint.find("nothing was changed"), std::string::npos);
    EXPECT_EQ(files.entries.at(kPins).bytes,
              "# Written by kldload-dkms: ZFS did not compile with these. Remove this file to try them again.\n\n"
              "Package: linux-image-6.12.95+deb13-amd64 linux-image-amd64 linux-headers-6.12.95+deb13-amd64 "
              "linux-headers-6.12.95+deb13-common linux-headers-amd64\nPin: version 6.12.95-1\nPin-Priority: -1\n");
}

TEST_F(DkmsTest, AptOffersWhatDidNotCompileOnceThePinsAreGone) {
    const auto place = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(place.has_value());
    RealFiles real;
    ProcessRunner programs;
    const auto at = [&](const std::string& path) { return place->path() + path; };
    const auto kernel = [](const char* release, const char* version) {
        std::string text;
        for (const std::string what : {"image", "headers"}) {
            const auto own = fmt::format("linux-{}-{}", what, release);
            const auto head = fmt::format(
                "Maintainer: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: {0}\n"
                "Filename: ./{0}.deb\nSize: 1\nSHA256: {1:0>64}\nDescription: a\n",
                version, 1);
            text += fmt::format("Package: {}\n{}\nPackage: linux-{}-amd64\n{}Depends: {} (= {})\n\n", own, head, what,
                                head, own, version);
        }
        return text;
    };
    for (const auto* directory : {"/repository", "/preferences.d", "/lists/partial", "/cache/archives/partial"})
        ASSERT_TRUE(real.make_directories(at(directory)));
    ASSERT_TRUE(real.write(at("/repository/Packages"),
                           replace_all(kernel(kNew, "6.12.95-1"), "Status: install ok installed\n", "")));
    ASSERT_TRUE(real.write(at("/status"), kernel(kOld, "6.12.90-1")));
    ASSERT_TRUE(real.write(at("/sources.list"), "deb [trusted=yes] copy:" + at("/repository") + " ./\n"));
    const auto apt = [&](const std::vector<std::string>& verb) {
        std::vector<std::string> argv{"apt-get", "-oAPT::Architecture=amd64",
                                      "-oAPT::Sandbox::User=", "-oDir::Etc::sourceparts=/dev/null",
                                      "-oDir::Etc::preferences=/dev/null"};
        for (const auto* option : {"Etc::sourcelist=/sources.list", "Etc::preferencesparts=/preferences.d",
                                   "State::lists=/lists", "State::status=/status", "Cache=/cache"}) {
            const auto [name, path] = std::pair(split(option, '=')[0], split(option, '=')[1]);
            argv.push_back(fmt::format("-oDir::{}={}", name, at(path)));
        }
        argv.insert(argv.end(), verb.begin(), verb.end());
        const auto output = programs.run({.argv = argv});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? output->out : std::string{};
    };
    apt({"update"});
    const auto is_offered = [&] {
        return apt({"-s", "--with-new-pkgs", "upgrade"}).find("\nInst linux-image-amd64 ") != std::string::npos;
    };
    EXPECT_TRUE(is_offered()) << "as long as it was not tried";
    runner.fails = {kNew};
    ASSERT_FALSE(run(new_kernel()));
    ASSERT_TRUE(real.write(at("/preferences.d/kldload-dkms.pref"), files.entries.at(kPins).bytes));
    EXPECT_FALSE(is_offered());
    ASSERT_TRUE(real.remove(at("/preferences.d/kldload-dkms.pref")));
    EXPECT_TRUE(is_offered());
}

// One in the security archive, one in the point release: apt would go from one to the other for ever.
TEST_F(DkmsTest, WhatWasLeftOutBeforeStillIs) {
    files.entries[kPins] = {"# somebody else's\n"};
    runner.fails = {kNew, "6.12.96+deb13-amd64"};
    ASSERT_FALSE(run(new_kernel()));
    const auto first = files.entries.at(kPins).bytes;
    EXPECT_TRUE(first.starts_with("# Written by kldload-dkms")) << first;
    ASSERT_FALSE(run(replace_all(new_kernel(), "6.12.95", "6.12.96")));
    const auto both = files.entries.at(kPins).bytes;
    EXPECT_TRUE(both.starts_with(first)) << both;
    EXPECT_TRUE(both.ends_with("Pin: version 6.12.96-1\nPin-Priority: -1\n")) << both;
    ASSERT_FALSE(run(new_kernel()));
    EXPECT_EQ(files.entries.at(kPins).bytes, both) << "each once";
}

TEST_F(DkmsTest, AKernelWithoutHeadersIsRefused) {
    const auto done = run(deb("linux-image-" + std::string(kNew), "6.12.95-1"));
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_NE(done.error().hint.find("apt-get install linux-headers-6.12.95+deb13-amd64"), std::string::npos);
    EXPECT_FALSE(files.exists(kPins)) << "the kernel is not at fault";
    EXPECT_EQ(runner.count("dkms"), 0U);
}

TEST_F(DkmsTest, AReinstalledKernelHasItsHeadersAlready) {
    EXPECT_TRUE(run(deb("linux-image-" + std::string(kOld), "6.12.90-1")));
}

TEST_F(DkmsTest, ANewerSourceIsTriedForAllKernelsBesideTheRecords) {
    files.entries[kPins] = {"old pins"};
    ASSERT_TRUE(run(new_kernel() + deb("zfs-dkms", "2.3.10-0+deb13u1")));
    EXPECT_EQ(runner.count("dkms add -m zfs -v 2.3.10 --dkmstree /var/lib/kldload/dkms"), 1U);
    EXPECT_EQ(runner.count("dkms build -m zfs -v 2.3.10 -k 6.12.90+deb13-amd64 --dkmstree /var/lib/kldload/dkms"), 1U);
    EXPECT_EQ(runner.count("dkms build -m zfs -v 2.3.10 -k 6.12.95+deb13-amd64 --dkmstree /var/lib/kldload/dkms"), 1U);
    EXPECT_FALSE(files.exists(kPins)) << "what the older source could not compile is tried again";
}

TEST_F(DkmsTest, ANewerSourceThatDoesNotCompileForTheOldKernelIsLeftOut) {
    runner.fails = {kOld};
    const auto done = run(deb("zfs-dkms", "2.3.10-0+deb13u1"));
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().message, "zfs 2.3.10 does not compile for the kernel 6.12.90+deb13-amd64");
    EXPECT_NE(files.entries.at(kPins).bytes.find("Package: zfs-dkms\nPin: version 2.3.10-0+deb13u1\n"),
              std::string::npos);
}

TEST_F(DkmsTest, UnderSecureBootTheKeyMustBeEnrolled) {
    runner.secure_boot = true;
    const auto done = run(new_kernel());
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_NE(done.error().hint.find("mokutil --import /var/lib/dkms/mok.pub"), std::string::npos);
    EXPECT_EQ(runner.count("dkms build"), 0U);
    runner.enrolled = true;
    EXPECT_TRUE(run(new_kernel()));
}

TEST_F(DkmsTest, WithoutZfsOnTheMachineOrAKernelInTheTransactionNothingIsDone) {
    EXPECT_TRUE(run(deb("libc6", "2.41-1")));
    files.entries.erase("/usr/src/zfs-2.3.9/dkms.conf");
    EXPECT_TRUE(run(new_kernel()));
    EXPECT_EQ(runner.count("dkms"), 0U);
    EXPECT_TRUE(overlays.empty());
}

TEST(DkmsPackage, PinsOutliveAnUpdateOfThePackageAndNotItsRemoval) {
    const auto root = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(root.has_value());
    RealFiles files;
    const auto pins = root->path() + kPins;
    ASSERT_TRUE(files.make_directories(pins.substr(0, pins.rfind('/'))));
    ASSERT_TRUE(files.write(pins, "pins"));
    ProcessRunner runner;
    const auto run = [&](const std::string& action) {
        return runner.run({.argv = {"sh", std::string(KLD_SOURCE_DIR) + "/packaging/kldload-dkms/postrm", action},
                           .environment = {"DPKG_ROOT=" + root->path()}});
    };
    ASSERT_TRUE(run("upgrade"));
    EXPECT_TRUE(files.exists(pins));
    ASSERT_TRUE(run("remove"));
    EXPECT_FALSE(files.exists(pins));
}

/// The kernel hook that hands over, told of another /var/lib.
class HandoverTest : public testing::Test {
protected:
    void put(const std::string& path) {
        const auto full = root_.path() + "/" + path;
        ASSERT_TRUE(files_.make_directories(full.substr(0, full.rfind('/'))));
        ASSERT_TRUE(files_.write(full, path));
    }
    bool has(const std::string& path) { return files_.exists(root_.path() + "/" + path); }
    std::string read(const std::string& path) { return files_.read(root_.path() + "/" + path).value_or(""); }
    Result<Output> hand_over() {
        const auto script = files_.read(std::string(KLD_SOURCE_DIR) + "/packaging/kldload-dkms/00-kldload-dkms");
        return runner_.run({.argv = {"sh", "-c", replace_all(*script, "/var/lib", root_.path()), "sh", kNew}});
    }

    const std::string kBuilt = std::string("kldload/dkms/zfs/2.3.9/") + kNew + "/x86_64/module/zfs.ko.xz";
    const std::string kRecord = std::string("dkms/zfs/2.3.9/") + kNew + "/x86_64/module/zfs.ko.xz";

private:
    TemporaryDirectory root_ = TemporaryDirectory::make("/tmp").value();
    RealFiles files_{};
    ProcessRunner runner_{};
};

TEST_F(HandoverTest, WhatWasCompiledBecomesTheRecordOfDkms) {
    put(kBuilt);
    put("dkms/zfs/2.3.9/source");
    const auto other = std::string("kldload/dkms/zfs/2.3.9/") + kOld + "/x86_64/module/zfs.ko.xz";
    put(other);
    ASSERT_TRUE(hand_over());
    EXPECT_EQ(read(kRecord), kBuilt);
    EXPECT_FALSE(has(kBuilt));
    EXPECT_TRUE(has(other)) << "of another kernel";
}

TEST_F(HandoverTest, WhatDkmsHasAlreadyIsKept) {
    put(kBuilt);
    put(kRecord);
    ASSERT_TRUE(hand_over());
    EXPECT_EQ(read(kRecord), kRecord);
}

TEST_F(HandoverTest, AVersionThatDkmsDoesNotHaveIsLeft) {
    put(kBuilt);
    put("dkms/zfs/2.3.10/source");
    ASSERT_TRUE(hand_over());
    EXPECT_TRUE(has(kBuilt));
    EXPECT_FALSE(has(kRecord));
}

TEST_F(HandoverTest, NothingCompiledIsNoError) {
    EXPECT_TRUE(hand_over());
}

}  // namespace kld::dkms
