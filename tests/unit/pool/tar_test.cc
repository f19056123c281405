// SPDX-License-Identifier: BSD-3-Clause
// Tar streams that no honest program writes, and what overlays do to what is there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "made_tar.h"
#include "pool_fixture.h"

namespace kld::test {

namespace {

class Tar : public PoolTest {
protected:
    /// create from these tar files, the first as --tar and the others as --overlay.
    Output create_from(const std::vector<std::string>& tars, const nlohmann::json& root = nlohmann::json::object()) {
        std::vector<std::string> all = {"create", "--force", "--image",  at("image"),
                                        "--size", "256M",    "--layout", write_layout(layout(root))};
        for (std::size_t i = 0; i < tars.size(); ++i) {
            const std::string name = "tar-" + std::to_string(i);
            write(name, tars[i]);
            all.insert(all.end(), {i == 0 ? "--tar" : "--overlay", at(name)});
        }
        return pool(all);
    }
    void expect_refused(const std::vector<std::string>& tars, const std::vector<std::string>& words,
                        const nlohmann::json& root = nlohmann::json::object()) {
        const auto output = create_from(tars, root);
        EXPECT_EQ(output.exit_code, 1) << output.err;
        for (const auto& word : words)
            EXPECT_NE(output.err.find(word), std::string::npos) << word << " is not in: " << output.err;
    }
    /// Paths of the root's dataset, with the type in front.
    std::vector<std::string> paths() {
        const auto output = pool({"ls", "-R", "--json", "--image", at("image"), "ROOT/default"});
        EXPECT_EQ(output.exit_code, 0) << output.err;
        std::vector<std::string> list;
        const auto told = nlohmann::json::parse(output.out);
        for (const auto& entry : told["entries"])
            list.push_back(entry["type"].get<std::string>() + entry["path"].get<std::string>());
        return list;
    }
};

}  // namespace

TEST_F(Tar, HardLinksToDirectories) {
    expect_refused({made_tar({{"a", '5'}, {"a/x"}, {"b", '1', "a"}})}, {"/b", "/a", "directory"});
}

TEST_F(Tar, AHardLinkInPlaceOfWhatHoldsItsTarget) {
    expect_refused({made_tar({{"a", '5'}, {"a/x"}, {"a", '1', "a/x"}})}, {"/a is", "/a/x", "below"});
}

TEST_F(Tar, AHardLinkWhereADatasetIsMounted) {
    expect_refused({made_tar({{"x"}, {"home", '1', "x"}})}, {"/home", "testpool/home"});
    expect_refused({made_tar({{"x"}, {".", '1', "x"}})}, {"testpool/ROOT/default"});
}

TEST_F(Tar, AHardLinkToNothing) {
    expect_refused({made_tar({{"a", '1', "."}})}, {"a", "hard link"});
    expect_refused({made_tar({{"a", '1', "nosuch"}})}, {"/a", "/nosuch"});
}

TEST_F(Tar, EntriesBelowALinkOrAFile) {
    expect_refused({made_tar({{"bin", '2', "usr/bin"}, {"usr/bin/y"}, {"bin/x"}})}, {"/bin is not a directory"});
    expect_refused({made_tar({{"bin"}, {"bin/x"}})}, {"/bin is not a directory"});
    expect_refused({made_tar({{"usr/bin/y"}, {"bin", '2', "usr/bin"}}), made_tar({{"bin/x"}})},
                   {"/bin is not a directory"});
}

TEST_F(Tar, NamesThatLeadOut) {
    expect_refused({made_tar({{"a/../../x"}})}, {"a/../../x"});
    expect_refused({made_tar({{"x"}, {"y", '1', "../x"}})}, {"../x"});
    ASSERT_EQ(create_from({made_tar({{"/etc/./x"}})}).exit_code, 0);
    EXPECT_EQ(paths(), (std::vector<std::string>{"d/etc", "-/etc/x", "d/home", "d/var", "d/var/log"}));
}

TEST_F(Tar, WhatAnOverlayReplaces) {
    const auto tree = made_tar({{"a/x"}, {"b", '1', "a/x"}, {"a/deep/down/y"}, {"bin", '2', "usr/bin"}, {"usr/bin/z"}});
    ASSERT_EQ(create_from({tree, made_tar({{"a"}, {"bin", '5'}, {"bin/new"}})}).exit_code, 0);
    EXPECT_EQ(paths(), (std::vector<std::string>{"-/a", "-/b", "d/bin", "-/bin/new", "d/home", "d/usr", "d/usr/bin",
                                                 "-/usr/bin/z", "d/var", "d/var/log"}));
    expect_clean();
    const auto output = pool({"ls", "--json", "--image", at("image"), "ROOT/default", "/b"});
    EXPECT_EQ(nlohmann::json::parse(output.out)["entries"][0]["links"], 1);
    expect_refused({made_tar({{"var/log/x"}}), made_tar({{"var"}})}, {"/var/log", "mountpoint"});
}

TEST_F(Tar, AStreamThatIsCutOff) {
    expect_refused({made_tar({{"x", '0', "", "data"}, {"y"}}, false)}, {"cut off"});
    expect_refused({""}, {"cut off"});
    const auto whole = made_tar({{"x", '0', "", std::string(5000, 'x')}});
    expect_refused({whole.substr(0, 3000)}, {"tar-0"});
    expect_refused({whole, made_tar({{"y"}}, false)}, {"tar-1", "cut off"});
    EXPECT_EQ(create_from({made_tar({})}).exit_code, 0);
}

TEST_F(Tar, AStreamThatIsRefusedIsNotWaitedFor) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd in(ends[0]), out(ends[1]);
    ASSERT_TRUE(out.write_all(made_tar({{"a", '1', "nothing"}})));
    // The writer's end stays open.
    const auto output =
        pool({"create", "--image", at("image"), "--size", "256M", "--layout", write_layout(layout()), "--tar", "-"}, {},
             in.get());
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_NE(output.err.find("hard link"), std::string::npos) << output.err;
}

TEST_F(Tar, TheWriterOfAStreamMayPadItsEnd) {
    write("x.tar", made_tar({{"x"}}));
    write_layout(layout());
    run({"bash", "-c",
         "set -o pipefail; cd \"$1\"; { cat x.tar; head -c 5M /dev/zero; } | \"$0\" create --image image --size 256M "
         "--layout layout.json --tar -",
         program(), at("")});
    EXPECT_EQ(paths(), (std::vector<std::string>{"d/home", "d/var", "d/var/log", "-/x"}));
}

TEST_F(Tar, XattrsThatCameInTwoForms) {
    // "one", as libarchive writes it by default.
    const auto tar =
        made_tar({{"x", '0', "", "", {{"LIBARCHIVE.xattr.user.a", "b25l"}, {"SCHILY.xattr.user.a", "one"}}}});
    for (const char* how : {"sa", "on"}) {
        const auto output = create_from({tar}, {{"xattr", how}});
        ASSERT_EQ(output.exit_code, 0) << output.err;
        const auto listed = pool({"ls", "--json", "--image", at("image"), "ROOT/default", "/x"});
        const auto told = nlohmann::json::parse(listed.out);
        EXPECT_EQ(told["entries"][0]["xattrs"], (nlohmann::json{{"user.a", "6f6e65"}}));
    }
}

TEST_F(Tar, ADirectoryThatLosesItsXattrs) {
    const std::vector<std::pair<std::string, std::string>> beside = {{"SCHILY.xattr.user.a", std::string(30000, 'a')},
                                                                     {"SCHILY.xattr.user.b", std::string(30000, 'b')}};
    const std::vector<std::pair<std::string, std::string>> apart = {{"SCHILY.xattr.user.a", std::string(40000, 'a')}};
    const std::vector<std::pair<std::string, std::string>> small = {{"SCHILY.xattr.user.c", "c"}};
    const auto with = made_tar({{"d", '5', "", "", beside}, {"e", '5', "", "", apart}, {"f", '5', "", "", beside}});
    const auto without = made_tar({{"d", '5'}, {"e", '5'}, {"f", '5', "", "", small}});
    ASSERT_EQ(create_from({with, without}).exit_code, 0);
    const auto told = nlohmann::json::parse(pool({"ls", "--json", "--image", at("image"), "ROOT/default"}).out);
    EXPECT_EQ(told["entries"][0]["xattrs"], nlohmann::json::object());
    EXPECT_EQ(told["entries"][1]["xattrs"], nlohmann::json::object());
    EXPECT_EQ(told["entries"][2]["xattrs"], (nlohmann::json{{"user.c", "63"}}));
    expect_clean();
}

}  // namespace kld::test
