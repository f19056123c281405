// SPDX-License-Identifier: BSD-3-Clause
// What cannot be done is refused with a message that names it, and nothing half done is left.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/fd.h"
#include "base/text.h"
#include "pool_fixture.h"
#include "support/torture_tree.h"

namespace kld::test {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class Refuse : public PoolTest {
protected:
    void SetUp() override {
        RealFiles files;
        ASSERT_TRUE(files.make_directories(at("tree/etc")));
        ASSERT_TRUE(files.make_directories(at("tree/home")));
        write("tree/etc/issue", "hello\n");
    }
    /// create of at("tree") into at("image"); expects this exit code and these words on stderr, and no file.
    void expect_refused(int exit_code, const std::vector<std::string>& words,
                        const std::vector<std::string>& arguments = {}, const std::vector<std::string>& before = {}) {
        std::vector<std::string> all = {"create", "--image", at("image"), "--layout", at("layout.json")};
        all.insert(all.end(), arguments.begin(), arguments.end());
        if (arguments.empty()) all.insert(all.end(), {"--size", "512M", "--tree", at("tree")});
        const auto output = pool(all, before);
        EXPECT_EQ(output.exit_code, exit_code) << output.err;
        for (const auto& word : words)
            EXPECT_NE(output.err.find(word), std::string::npos) << word << " is not in: " << output.err;
        EXPECT_EQ(output.out, "");
        struct stat status {};
        EXPECT_NE(::stat(at("image").c_str(), &status), 0);
        EXPECT_NE(::stat(at("image.partial").c_str(), &status), 0);
    }
    /// No pool can be found there.
    void expect_no_pool(const std::string& image, const std::vector<std::string>& where = {}) {
        std::vector<std::string> all = {"list", "--image", at(image)};
        all.insert(all.end(), where.begin(), where.end());
        const auto output = pool(all);
        EXPECT_EQ(output.exit_code, 1) << output.out;
        EXPECT_NE(output.err.find("no ZFS label"), std::string::npos) << output.err;
    }
};

struct BadLayout {
    const char* pointer;  ///< JSON pointer of what is replaced
    json value;
    const char* word;
};

}  // namespace

class RefuseLayout : public Refuse, public ::testing::WithParamInterface<BadLayout> {};

TEST_P(RefuseLayout, AndNamesTheFault) {
    auto changed = layout();
    changed[json::json_pointer(GetParam().pointer)] = GetParam().value;
    write_layout(changed);
    expect_refused(2, {GetParam().word, "layout.json"});
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RefuseLayout,
    ::testing::Values(BadLayout{"/version", 2, "version"}, BadLayout{"/extra", 1, "extra"},
                      BadLayout{"/pool/name", "0pool", "0pool"}, BadLayout{"/pool/name", "mirror", "mirror"},
                      BadLayout{"/pool/ashift", 20, "ashift"},
                      BadLayout{"/pool/compatibility", "openzfs-9.9-nowhere", "openzfs-9.9-nowhere"},
                      BadLayout{"/pool/properties", {{"feature@lz4_compress", "enabled"}}, "feature@lz4_compress"},
                      BadLayout{"/pool/properties", {{"autotrim", "perhaps"}}, "autotrim=perhaps"},
                      BadLayout{"/pool/properties", {{"size", "1"}}, "size=1"},
                      BadLayout{"/pool/properties", {{"multihost", "on"}}, "multihost=on"},
                      BadLayout{"/pool/properties", {{"nosuch", "1"}}, "nosuch=1"},
                      BadLayout{"/datasets/0/properties/compression", "lz5", "compression=lz5"},
                      BadLayout{"/datasets/0/properties/compression", "zstd-99", "compression=zstd-99"},
                      BadLayout{"/datasets/0/properties/recordsize", "100K", "recordsize=100K"},
                      BadLayout{"/datasets/0/properties/recordsize", "32M", "recordsize=32M"},
                      BadLayout{"/datasets/0/properties/quota", "much", "quota=much"},
                      BadLayout{"/datasets/0/properties/nosuch", "x", "nosuch=x"},
                      BadLayout{"/datasets/0/properties/used", "1", "used=1"},
                      BadLayout{"/datasets/0/properties/volsize", "1G", "volsize=1G"},
                      BadLayout{"/datasets/0/properties/encryption", "on", "encryption=on"},
                      BadLayout{"/datasets/0/properties/userquota@root", "1G", "userquota@root=1G"},
                      BadLayout{"/datasets/0/properties/UPPER:case", "x", "UPPER:case=x"},
                      BadLayout{"/datasets/3/properties/mountpoint", "home", "mountpoint=home"},
                      BadLayout{"/datasets/3/properties/mountpoint", "/home/../etc", "mountpoint=/home/../etc"},
                      BadLayout{"/datasets/3/properties/mountpoint", "/", "mountpoint /"},
                      BadLayout{"/datasets/2/properties/mountpoint", "none", "mountpoint /"},
                      BadLayout{"/datasets/3/name", "a@b", "a@b"}, BadLayout{"/datasets/3/name", "ROOT", "twice"},
                      BadLayout{"/datasets/3/name", "no/parent", "no/parent"},
                      BadLayout{"/datasets/3/properties", {{"quota", 5}}, "quota"},
                      BadLayout{"/bootfs", "ROOT/nosuch", "ROOT/nosuch"},
                      BadLayout{"/snapshot", "home@a@b", "home@a@b"}, BadLayout{"/snapshot", {"nosuch@a"}, "nosuch"},
                      BadLayout{"/snapshot", {"home@a", "home@b"}, "home@b"}, BadLayout{"/datasets/0/name", 5, "name"},
                      BadLayout{"/datasets/0/properties/recsize", "3", "recordsize=3"}));

TEST_F(Refuse, ALayoutThatIsNoJson) {
    write("layout.json", "{");
    expect_refused(2, {"layout.json", "JSON"});
}

TEST_F(Refuse, PropertiesWithoutTheirFeature) {
    for (const auto& [property, value, feature] :
         std::vector<std::array<std::string, 3>>{{"recordsize", "1M", "large_blocks"},
                                                 {"dnodesize", "auto", "large_dnode"},
                                                 {"compression", "zstd-3", "zstd_compress"},
                                                 {"compression", "lz4", "lz4_compress"},
                                                 {"checksum", "sha512", "sha512"},
                                                 {"filesystem_limit", "5", "filesystem_limits"}}) {
        json properties = {{"compression", "off"}};
        properties[property] = value;
        auto changed = layout(properties);
        changed["pool"]["compatibility"] = "legacy";
        write_layout(changed);
        expect_refused(2, {property + "=" + value, feature});
    }
}

TEST_F(Refuse, AnImageThatIsTooSmallForAnyPool) {
    write_layout(layout());
    expect_refused(2, {"67108864"}, {"--size", "63M", "--tree", at("tree")});
}

TEST_F(Refuse, AnImageThatIsTooSmallForTheTree) {
    write_layout(layout());
    write("tree/large", torture_bytes(100 << 20, 1));
    const auto output =
        pool({"create", "--image", at("image"), "--size", "100M", "--layout", at("layout.json"), "--tree", at("tree")});
    EXPECT_EQ(output.exit_code, 1);
    const auto about = output.err.find("about ");
    ASSERT_NE(about, std::string::npos) << output.err;
    EXPECT_NE(output.err.find("104857600 bytes"), std::string::npos) << output.err;
    // What it asks for is enough, and not much more than needed.
    const auto needed = parse_number(words(output.err.substr(about))[1]);
    ASSERT_TRUE(needed.has_value()) << output.err;
    EXPECT_LT(*needed, 400ULL << 20);
    expect_no_pool("tree/large");
    const auto again = pool({"create", "--image", at("image"), "--size", std::to_string(*needed), "--layout",
                             at("layout.json"), "--tree", at("tree")});
    EXPECT_EQ(again.exit_code, 0) << again.err;
}

TEST_F(Refuse, AQuotaThatIsTooSmall) {
    auto changed = layout();
    changed["datasets"][3]["properties"]["quota"] = "10M";
    write_layout(changed);
    write("tree/home/large", torture_bytes(30 << 20, 1));
    expect_refused(1, {"/home/large", "quota"});
}

TEST_F(Refuse, AFileThatCannotBeRead) {
    if (!is_root() || !has("setpriv")) GTEST_SKIP() << "needs root to become somebody else";
    write_layout(layout());
    ASSERT_EQ(::chmod(at("tree/etc/issue").c_str(), 0600), 0);
    ASSERT_EQ(::mkdir(at("out").c_str(), 0777), 0);
    ASSERT_EQ(::chmod(at("out").c_str(), 0777), 0);
    const auto output = pool(
        {"create", "--image", at("out/image"), "--size", "512M", "--layout", at("layout.json"), "--tree", at("tree")},
        {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"});
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_NE(output.err.find("tree/etc/issue: Permission denied"), std::string::npos) << output.err;
    RealFiles files;
    EXPECT_TRUE(files.list(at("out"))->empty());
}

TEST_F(Refuse, ATreeThatIsNotThere) {
    write_layout(layout());
    expect_refused(1, {"nowhere"}, {"--size", "512M", "--tree", at("nowhere")});
}

TEST_F(Refuse, HardLinksAcrossDatasetsNameBothPaths) {
    write_layout(layout());
    ASSERT_EQ(::link(at("tree/etc/issue").c_str(), at("tree/home/issue").c_str()), 0);
    expect_refused(1, {"/etc/issue", "/home/issue", "testpool/home"});
}

TEST_F(Refuse, AFileWhereADatasetIsMounted) {
    write_layout(layout());
    ASSERT_EQ(::rmdir(at("tree/home").c_str()), 0);
    write("tree/home", "no directory");
    expect_refused(1, {"/home", "testpool/home"});
}

TEST_F(Refuse, AclsAndXattrsThatTheDatasetDoesNotTake) {
    if (!has("setfacl")) GTEST_SKIP() << "needs setfacl";
    run({"setfacl", "--modify", "user:12345:rwx", at("tree/etc/issue")});
    write_layout(layout({{"acltype", "off"}}));
    expect_refused(1, {"/etc/issue", "acltype"});
    write_layout(layout({{"xattr", "off"}}));
    expect_refused(1, {"/etc/issue", "xattr"});
}

TEST_F(Refuse, NamesThatADatasetDoesNotTake) {
    write("tree/etc/bad\xff name", "x");
    write_layout(layout({{"normalization", "formD"}}));
    expect_refused(1, {"/etc/bad\xff name", "UTF-8"});
}

TEST_F(Refuse, NamesThatADatasetHoldsForTheSame) {
    write("tree/etc/Issue", "x");
    write_layout(layout({{"casesensitivity", "insensitive"}}));
    expect_refused(1, {"/etc/issue", "the same"});
    write("tree/home/e\xcc\x81", "x");
    write("tree/home/\xc3\xa9", "x");
    write_layout(layout({{"normalization", "formC"}}));
    expect_refused(1, {"/home/\xc3\xa9", "the same"});
    // Names that differ only by case are two, and hidden directories compare as the others do.
    ASSERT_EQ(::unlink(at("tree/home/\xc3\xa9").c_str()), 0);
    (void)::setxattr(at("tree/etc/issue").c_str(), "user.a", "1", 1, 0);
    write_layout(layout({{"casesensitivity", "mixed"}, {"normalization", "formC"}, {"xattr", "on"}}));
    create({"--layout", at("layout.json"), "--tree", at("tree")});
}

TEST_F(Refuse, ADescriptorForEventsThatIsNotOpen) {
    write_layout(layout());
    const auto arguments = [&](const char* descriptor) {
        return std::vector<std::string>{"create",          "--image", at("image"), "--size",      "512M",    "--layout",
                                        at("layout.json"), "--tree",  at("tree"),  "--events-fd", descriptor};
    };
    for (const char* descriptor : {"99", "-3", "x"}) {
        const auto output = pool(arguments(descriptor));
        EXPECT_EQ(output.exit_code, 2) << descriptor;
        EXPECT_NE(output.err.find("--events-fd"), std::string::npos) << output.err;
    }
    EXPECT_FALSE(RealFiles().exists(at("image")));
    EXPECT_EQ(pool(arguments("2")).exit_code, 0);
}

TEST_F(Refuse, APartOutsideOfTheImage) {
    write_layout(layout());
    write("disk", std::string(1 << 20, '\0'));
    const auto output = pool({"create", "--image", at("disk"), "--offset", "512K", "--size", "100M", "--layout",
                              at("layout.json"), "--tree", at("tree")});
    EXPECT_EQ(output.exit_code, 2) << output.err;
}

TEST_F(Refuse, AFullDiskBelowTheImage) {
    write_layout(layout());
    write("tree/large", torture_bytes(50 << 20, 3));
    const std::string limit = "--fsize=" + std::to_string(100 << 20);
    const auto disk = Fd::open(at("disk"), O_RDWR | O_CREAT);
    ASSERT_EQ(::ftruncate(disk->get(), 1 << 30), 0);
    auto output =
        pool({"create", "--image", at("disk"), "--offset", "0", "--layout", at("layout.json"), "--tree", at("tree")},
             {"prlimit", limit});
    EXPECT_EQ(output.exit_code, 1) << output.err;
    EXPECT_NE(output.err.find(at("disk")), std::string::npos) << output.err;
    expect_no_pool("disk");
    if (!is_root()) return;
    ASSERT_EQ(::mkdir(at("full").c_str(), 0755), 0);
    if (::mount("tmpfs", at("full").c_str(), "tmpfs", 0, "size=20M") != 0) return;
    output = pool(
        {"create", "--image", at("full/image"), "--size", "1G", "--layout", at("layout.json"), "--tree", at("tree")});
    RealFiles files;
    EXPECT_TRUE(files.list(at("full"))->empty());
    ::umount(at("full").c_str());
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_NE(output.err.find("No space left on device"), std::string::npos) << output.err;
    EXPECT_NE(output.err.find(at("full/image")), std::string::npos) << output.err;
}

TEST_F(Refuse, NothingIsLeftByAKilledProcess) {
    write_layout(layout({{"compression", "zstd-9"}}));
    for (int i = 0; i < 4; ++i)
        write("tree/large-" + std::to_string(i), torture_bytes(24 << 20, static_cast<unsigned>(i)));
    // A pool was there before: not even that may come back to life.
    const auto disk = Fd::open(at("disk"), O_RDWR | O_CREAT);
    ASSERT_EQ(::ftruncate(disk->get(), 600 << 20), 0);
    const std::vector<std::string> into_disk = {program(),         "create",   "--force", "--image",
                                                at("disk"),        "--offset", "1M",      "--layout",
                                                at("layout.json"), "--tree",   at("tree")};
    const auto log = Fd::open(at("log"), O_WRONLY | O_CREAT | O_TRUNC);
    // The first label of the old pool goes before anything else is written.
    const auto begun = [&](bool whole) {
        if (whole) return RealFiles().exists(at("image.partial"));
        return disk->read_at(512 << 10, 1 << 20).value_or("old").find_first_not_of('\0') == std::string::npos;
    };
    int killed = 0;
    for (const auto wait : {0ms, 30ms, 120ms, 300ms, 700ms, 1500ms}) {
        for (const bool whole : {false, true}) {
            ::unlink(at("image.partial").c_str());
            auto argv = into_disk;
            if (whole)
                argv = {program(), "create",   "--image",         at("image"), "--size",
                        "600M",    "--layout", at("layout.json"), "--tree",    at("tree")};
            else
                run(into_disk);
            auto process = Background::start(argv, log->get());
            ASSERT_TRUE(process.has_value());
            while (!begun(whole) && process->running()) std::this_thread::sleep_for(1ms);
            std::this_thread::sleep_for(wait);
            const bool running = process->running();
            process->send_signal(SIGKILL);
            process->wait(10s);
            struct stat status {};
            if (!running) {
                ::unlink(at("image").c_str());
                continue;
            }
            ++killed;
            // All or nothing: it may have been killed between its last write and its end.
            if (whole && ::stat(at("image").c_str(), &status) == 0) {
                EXPECT_EQ(pool({"check", "--image", at("image")}).exit_code, 0) << wait.count();
                ::unlink(at("image").c_str());
            }
            if (!whole && pool({"list", "--image", at("disk"), "--offset", "1M"}).exit_code == 0)
                EXPECT_EQ(pool({"check", "--image", at("disk"), "--offset", "1M"}).exit_code, 0) << wait.count();
            else if (!whole)
                expect_no_pool("disk", {"--offset", "1M"});
        }
    }
    EXPECT_GE(killed, 2) << "the program ended before it could be killed even once";
    // What is left of such a process does not stop the next one.
    create({"--layout", at("layout.json"), "--tree", at("tree")});
    EXPECT_EQ(pool({"list", "--image", at("image")}).exit_code, 0);
}

TEST_F(Refuse, WrongArguments) {
    write_layout(layout());
    EXPECT_EQ(pool({}).exit_code, 2);
    EXPECT_EQ(pool({"create", "--image", at("image")}).exit_code, 2);
    EXPECT_EQ(
        pool({"create", "--image", at("image"), "--size", "1X", "--layout", at("layout.json"), "--tree", at("tree")})
            .exit_code,
        2);
    EXPECT_EQ(pool({"create", "--image", at("image"), "--size", "1G", "--layout", at("layout.json"), "--tree",
                    at("tree"), "--tar", "-"})
                  .exit_code,
              2);
    EXPECT_EQ(pool({"extract", "--image", at("image"), "--all"}).exit_code, 2);
    EXPECT_EQ(pool({"--help"}).exit_code, 0);
}

/// Of OpenZFS 2.3, which made vdev_zaps_v2 active.
TEST_F(Refuse, APoolOfANewerOpenZfsIsNamedAsOne) {
    ProcessRunner runner;
    const auto unpacked =
        runner.run({.argv = {"sh", "-c", "xz -dc \"$1\" > \"$2\"", "sh",
                             std::string(KLD_TEST_DATA) + "/pool/newer-features.img.xz", at("newer")}});
    ASSERT_TRUE(unpacked.has_value()) << render(unpacked.error());
    const auto output = pool({"list", "--image", at("newer")});
    if (output.exit_code == 0) {  // this one is new enough
        EXPECT_NE(output.out.find("newer/home"), std::string::npos) << output.out;
        return;
    }
    EXPECT_NE(output.err.find("features that this OpenZFS does not know: com.klarasystems:vdev_zaps_v2\n"),
              std::string::npos)
        << output.err;
    EXPECT_NE(output.err.find("hint: a machine with a newer OpenZFS reads it"), std::string::npos) << output.err;
}

}  // namespace kld::test
