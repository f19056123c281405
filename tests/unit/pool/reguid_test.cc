// SPDX-License-Identifier: BSD-3-Clause
// Another GUID for a pool that exists; and which pools are not changed at all.
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "change_fixture.h"

namespace kld::test {

namespace {

using nlohmann::json;

class Reguid : public ChangeTest {
protected:
    std::string guid(const std::string& image = "image") { return pool_properties(image)["guid"]["value"]; }
    /// None of the verbs that change a pool takes this image, and it stays as it is.
    void expect_all_refused(int code, const std::vector<std::string>& words, const std::vector<std::string>& more = {});
};

void Reguid::expect_all_refused(int code, const std::vector<std::string>& words, const std::vector<std::string>& more) {
    const auto before = run({"sha256sum", at("image")}).out;
    using Words = std::vector<std::string>;
    for (const auto& verb : {Words{"reguid"}, Words{"set", "atime=off", "home"},
                             Words{"apply", "ROOT/default", "--remove", "etc/issue"}}) {
        Words arguments(verb.begin() + 1, verb.end());
        arguments.insert(arguments.end(), more.begin(), more.end());
        expect_refused(change(verb.front(), arguments), code, words);
    }
    EXPECT_EQ(run({"sha256sum", at("image")}).out, before);
}

}  // namespace

TEST_F(Reguid, TellsBothAndChangesNothingElse) {
    copy("image", "original");
    const std::string before = guid(), all = seen();
    const auto told = json::parse(change("reguid", {"--json"}).out);
    EXPECT_EQ(told["version"], 1);
    EXPECT_EQ(told["pool"], "testpool");
    EXPECT_EQ(told["old_guid"], before);
    EXPECT_EQ(told["guid"], guid());
    EXPECT_NE(guid(), before);
    EXPECT_EQ(guid("original"), before);
    EXPECT_EQ(seen().substr(seen().find('\n')), all.substr(all.find('\n')));
    EXPECT_EQ(listed()["label"]["state"], "exported");
    EXPECT_EQ(listed()["label"]["hostid"], 0);
    expect_clean();
    extract("back");
    extract("was", {"--all"}, "original");
    EXPECT_EQ(difference("was", "back"), "");
    const std::string second = guid();
    const auto text = change("reguid");
    EXPECT_EQ(text.exit_code, 0) << text.err;
    EXPECT_EQ(text.out, "testpool: guid " + guid() + ", was " + second + "\n");
}

TEST_F(Reguid, APartOfADisk) {
    const auto disk = Fd::open(at("disk"), O_RDWR | O_CREAT);
    ASSERT_EQ(::ftruncate(disk->get(), 600 << 20), 0);
    run({"dd", "if=" + at("image"), "of=" + at("disk"), "bs=1M", "seek=3", "conv=notrunc,sparse", "status=none"});
    ASSERT_TRUE(disk->write_at("before", (3 << 20) - 6));
    ASSERT_TRUE(disk->write_at("behind", 515ULL << 20));
    const auto output = pool({"reguid", "--image", at("disk"), "--offset", "3M", "--size", "512M"});
    EXPECT_EQ(output.exit_code, 0) << output.err;
    EXPECT_EQ(*disk->read_at(6, (3 << 20) - 6), "before");
    EXPECT_EQ(*disk->read_at(6, 515ULL << 20), "behind");
    const auto wrong = pool({"reguid", "--image", at("disk")});
    expect_refused(wrong, 1, {"no ZFS label", "--offset"});
    run({"dd", "if=" + at("disk"), "of=" + at("image"), "bs=1M", "skip=3", "count=512", "conv=sparse", "status=none"});
    expect_clean();
}

TEST_F(Reguid, WithAutotrimAtOnce) {
    ASSERT_EQ(change("set", {"autotrim=on", "testpool"}).exit_code, 0);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(change("reguid").exit_code, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST_F(Reguid, TheListOfTheHostsOwnPoolsIsLeftAlone) {
    RealFiles files;
    ASSERT_TRUE(files.make_directories(at("etc-zfs")));
    const std::vector<std::string> instead = {
        "unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/zfs && exec \"$@\"", at("etc-zfs")};
    auto probe = instead;
    probe.emplace_back("true");
    const auto possible = ProcessRunner().run({.argv = probe, .accept = [](int) { return true; }});
    if (!possible || possible->exit_code != 0) GTEST_SKIP() << "needs root and /etc/zfs";
    write("etc-zfs/zpool.cache", "what OpenZFS keeps there");
    EXPECT_EQ(change("reguid", {}, instead).exit_code, 0);
    EXPECT_EQ(change("list", {}, instead).exit_code, 0);
    EXPECT_EQ(
        change("create", {"--force", "--size", "512M", "--layout", at("layout.json"), "--tree", at("tree")}, instead)
            .exit_code,
        0);
    EXPECT_EQ(*files.read(at("etc-zfs/zpool.cache")), "what OpenZFS keeps there");
}

TEST_F(Reguid, WhatIsNoPool) {
    write("image", std::string(1 << 20, 'x'));
    expect_all_refused(1, {"image", "too few"});
    ASSERT_EQ(::truncate(at("image").c_str(), 100 << 20), 0);
    expect_all_refused(1, {"image", "no ZFS label"});
    expect_all_refused(2, {"image"}, {"--size", "200M"});
    ::unlink(at("image").c_str());
    expect_refused(change("reguid"), 1, {"image", "No such file"});
    EXPECT_EQ(pool({"reguid"}).exit_code, 2);
}

TEST_F(Reguid, APoolThatAnotherMachineMayUse) {
    set_state("image", 0);
    expect_all_refused(3, {"testpool was not exported", "localhost", "--force"});
    const auto forced = change("reguid", {"--force"});
    EXPECT_EQ(forced.exit_code, 0) << forced.err;
    EXPECT_EQ(listed()["label"]["state"], "exported");
    expect_clean();
    set_state("image", 2);
    expect_all_refused(3, {"testpool was destroyed"});
}

TEST_F(Reguid, AnImageThatIsInUse) {
    const auto file = Fd::open(at("image"), O_RDWR);
    // As QEMU does it for what it writes to.
    struct flock some {};
    some.l_type = F_RDLCK;
    some.l_whence = SEEK_SET;
    some.l_start = 201;
    some.l_len = 1;
    ASSERT_EQ(::fcntl(file->get(), F_OFD_SETLK, &some), 0);
    expect_all_refused(3, {"in use"});
}

TEST_F(Reguid, APoolInWhichDamageIsKnown) {
    // Both copies of a directory: who looks for its names notes the damage in the pool.
    // With several names it has a block of its own.
    write("tree/usr/bin/zyxwvutsrq", "x");
    for (unsigned i = 1; i < 50; ++i) write("tree/usr/bin/" + std::to_string(i * 2654435761U), "x");
    create({"--force", "--layout", at("layout.json"), "--tree", at("tree")});
    const auto image = Fd::open(at("image"), O_RDWR);
    int damaged = 0;
    for (std::uint64_t place = 0; place < 512 << 20; place += 32 << 20) {
        const std::string bytes = *image->read_at(32 << 20, place);
        for (auto found = bytes.find("zyxwvutsrq"); found != std::string::npos;
             found = bytes.find("zyxwvutsrq", found + 1), ++damaged)
            ASSERT_TRUE(image->write_at("Z", place + found));
    }
    ASSERT_GE(damaged, 2);
    expect_refused(change("apply", {"ROOT/default", "--remove", "usr/bin/tool"}), 1, {"checksum error"});
    expect_refused(change("reguid"), 3, {"known to be damaged", "--force"});
    expect_refused(change("set", {"atime=off", "home"}), 3, {"known to be damaged", "--force"});
    EXPECT_EQ(change("reguid", {"--force"}).exit_code, 0);
}

}  // namespace kld::test
