// SPDX-License-Identifier: BSD-3-Clause
// Overlays over a dataset that exists: what they do, and that it is all or nothing.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "change_fixture.h"
#include "made_tar.h"
#include "support/torture_tree.h"

namespace kld::test {

namespace {

using nlohmann::json;

class Apply : public ChangeTest {
protected:
    Output apply(const std::vector<std::string>& more, const std::string& dataset = "ROOT/default") {
        std::vector<std::string> all = {dataset};
        all.insert(all.end(), more.begin(), more.end());
        return change("apply", all);
    }
    /// Over the dataset they do what they do over the tree.
    void expect_the_same(const std::vector<Tarred>& overlay) {
        write("overlay", made_tar(overlay));
        create({"--layout", write_layout(layout()), "--tree", at("tree"), "--overlay", at("overlay")}, "from-tree");
        copy("image", "kept");
        const auto output = apply({at("overlay")});
        ASSERT_EQ(output.exit_code, 0) << output.err;
        expect_clean("image", false);
        extract("a", {"--all"}, "from-tree");
        extract("b");
        EXPECT_EQ(difference("a", "b"), "");
        run({"rm", "-rf", at("a"), at("b"), at("from-tree")});
        ASSERT_EQ(::rename(at("kept").c_str(), at("image").c_str()), 0);
    }
    /// An error with these words, and a pool that is as it was and exported.
    void expect_untouched(const std::vector<std::string>& more, int code, const std::vector<std::string>& words,
                          const std::string& dataset = "ROOT/default") {
        const auto before = seen();
        expect_refused(apply(more, dataset), code, words);
        EXPECT_EQ(seen(), before);
        EXPECT_EQ(listed()["label"]["state"], "exported");
        expect_clean("image", false);
    }
    void expect_tar_refused(const std::vector<Tarred>& overlay, const std::vector<std::string>& words) {
        write("overlay", made_tar(overlay));
        expect_untouched({at("overlay")}, 1, words);
    }
};

}  // namespace

TEST_F(Apply, ComesOverADatasetAsOverATree) {
    expect_the_same({{"etc/issue", '0', "", "other"},
                     {"etc/new/deeper/file", '0', "", "y"},
                     {"etc/old", '0', "", "was a directory"},
                     {"usr/bin/third", '1', "usr/bin/tool"},
                     {"usr/bin/tool-again", '0', "", "no link any more"},
                     {"usr", '5', "", "", {{"SCHILY.xattr.user.a", "1"}, {"mtime", "1700000000.5"}}},
                     {".", '5', "", "", {{"mtime", "1600000000"}}}});
    expect_the_same({{"usr/bin/tool", '0', "", "one of two names"}});
    expect_the_same({{"bin", '5'}, {"bin/x", '0', "", "x"}});
    expect_the_same({{"/etc/issue", '0', "", "an absolute name"}});
    expect_the_same({});
}

TEST_F(Apply, ATortureTree) {
    torture("torture", {.directory_entries = 3000, .huge_file = false, .sockets = false, .beyond_gnu_tar = false});
    run({"tar", "--create", "--file", at("overlay"), "--directory", at("torture"), "--format=pax", "--sparse",
         "--xattrs", "--xattrs-include=*", "--numeric-owner", "."});
    const auto output = apply({"--json", at("overlay"), "--remove", "etc", "--remove", "usr", "--remove", "bin"});
    ASSERT_EQ(output.exit_code, 0) << output.err;
    const auto told = json::parse(output.out);
    EXPECT_EQ(told["version"], 1);
    EXPECT_EQ(told["dataset"], "testpool/ROOT/default");
    EXPECT_GT(told["entries"], 3000);
    EXPECT_GT(told["bytes"], 0);
    expect_clean();
    extract("back", {"ROOT/default"});
    extract("snapshot", {"ROOT/default@base"});
    // The places where other datasets are mounted are of the pool's own tree.
    run({"rm", "-rf", at("back/home"), at("back/var"), at("torture/home"), at("torture/var")});
    run({"touch", "--no-dereference", "--reference", at("torture"), at("back")});
    EXPECT_EQ(difference("torture", "back"), "");
    EXPECT_EQ(*RealFiles().read(at("snapshot/etc/issue")), "hello\n");
}

TEST_F(Apply, PathsAreTakenAwayFirst) {
    write("overlay", made_tar({{"etc/old/new", '0', "", "n"}}));
    const auto output = apply({at("overlay"), "--remove", "/etc/old", "--remove", "usr/bin/tool", "--remove", "/bin/"});
    ASSERT_EQ(output.exit_code, 0) << output.err;
    expect_clean();
    extract("back", {"ROOT/default"});
    RealFiles files;
    EXPECT_TRUE(files.exists(at("back/etc/old/new")));
    EXPECT_FALSE(files.exists(at("back/etc/old/deep")));
    EXPECT_FALSE(files.exists(at("back/bin")));
    EXPECT_FALSE(files.exists(at("back/usr/bin/tool")));
    EXPECT_TRUE(files.exists(at("back/usr/bin/tool-again")));
}

TEST_F(Apply, SeveralOverlaysAndStdin) {
    write("first", made_tar({{"etc/a", '0', "", "1"}, {"etc/b", '0', "", "1"}}));
    write("second", made_tar({{"etc/b", '0', "", "2"}, {"etc/c", '0', "", "2"}}));
    const auto second = Fd::open(at("second"), O_RDONLY);
    const auto output =
        pool({"apply", "--image", at("image"), "testpool/ROOT/default", at("first"), "-"}, {}, second->get());
    ASSERT_EQ(output.exit_code, 0) << output.err;
    EXPECT_NE(output.out.find("testpool/ROOT/default: 4 entries"), std::string::npos) << output.out;
    extract("back", {"ROOT/default"});
    EXPECT_EQ(*RealFiles().read(at("back/etc/a")) + *RealFiles().read(at("back/etc/b")), "12");
}

TEST_F(Apply, LeavesNoTraceOfHowItWorks) {
    for (int i = 0; i < 5; ++i) {
        write("overlay", made_tar({{"etc/large", '0', "", torture_bytes(5 << 20, static_cast<unsigned>(i))}}));
        ASSERT_EQ(apply({at("overlay")}).exit_code, 0);
    }
    const auto list = listed();
    for (const auto& dataset : list["datasets"])
        EXPECT_EQ(dataset["name"].get<std::string>().find("apply"), std::string::npos) << dataset["name"];
    const auto used = std::stoull(properties_of("testpool/ROOT/default")["used"]["value"].get<std::string>());
    EXPECT_LT(used, 10U << 20);
    expect_clean();
}

TEST_F(Apply, TarsThatAreRefused) {
    expect_tar_refused({{"etc/issue", '0', "", "n"}, {"../evil", '0', "", "x"}}, {"..", "evil"});
    expect_tar_refused({{"etc/issue", '0', "", "n"}, {"etc/../../evil", '0', "", "x"}}, {"..", "evil"});
    expect_tar_refused({{"etc/issue", '0', "", "n"}, {"bin/x", '0', "", "x"}}, {"/bin is not a directory"});
    expect_tar_refused({{"etc/issue", '0', "", "n"}, {"x", '1', "etc/nothing"}}, {"/etc/nothing", "not there"});
    expect_tar_refused({{"etc/issue", '0', "", "n"}, {"x", '1', "etc"}}, {"/etc", "directory"});
    expect_tar_refused({{".", '0', "", "a file for all"}}, {"not a directory"});
    expect_tar_refused({{"etc/issue", '0', "", "n"}, {"n", '0', "", "", {{"path", "etc/" + std::string(256, 'n')}}}},
                       {"255"});
    write("overlay", made_tar({{"etc/issue", '0', "", "n"}}, false));
    expect_untouched({at("overlay")}, 1, {"overlay"});
    const auto whole = made_tar({{"etc/issue", '0', "", torture_bytes(5 << 20, 1)}});
    write("overlay", whole.substr(0, whole.size() / 2));
    expect_untouched({at("overlay")}, 1, {"overlay"});
    write("overlay", torture_bytes(1 << 20, 1));
    expect_untouched({at("overlay")}, 1, {"overlay"});
}

TEST_F(Apply, WhatIsNotThere) {
    expect_untouched({at("nothing")}, 1, {"nothing", "No such file"});
    expect_untouched({"--remove", "etc/nothing"}, 1, {"/etc/nothing", "No such file"});
    expect_untouched({"--remove", "/"}, 1, {"cannot remove /"});
    expect_untouched({"--remove", "etc"}, 1, {"testpool/nowhere", "no such dataset"}, "nowhere");
    expect_untouched({"--remove", "etc"}, 2, {"testpool/ROOT/default@base", "snapshot"}, "ROOT/default@base");
    EXPECT_EQ(apply({}).exit_code, 2);
    EXPECT_EQ(change("apply").exit_code, 2);
}

TEST_F(Apply, ASnapshotOfTheNameThatIsNeeded) {
    auto with_snapshot = layout();
    with_snapshot["snapshot"] = "kldload-apply";
    create({"--force", "--layout", write_layout(with_snapshot), "--tree", at("tree")});
    expect_untouched({"--remove", "etc"}, 3, {"testpool/ROOT/default", "kldload-apply"});
}

TEST_F(Apply, WhatDoesNotFit) {
    std::vector<Tarred> large = {{"etc/issue", '0', "", "n"}};
    for (unsigned i = 0; i < 12; ++i)
        large.push_back({"etc/large-" + std::to_string(i), '0', "", torture_bytes(50 << 20, i)});
    write("overlay", made_tar(large));
    expect_untouched({at("overlay")}, 1, {"does not fit into testpool/ROOT/default", "No space left"});
    for (const char* property : {"quota=60M", "refquota=60M"}) {
        ASSERT_EQ(change("set", {"quota=none", "refquota=none", "ROOT/default"}).exit_code, 0);
        ASSERT_EQ(change("set", {property, "ROOT/default"}).exit_code, 0);
        expect_untouched({at("overlay")}, 1, {"/etc/large-1", "quota"});
    }
}

TEST_F(Apply, WithoutTheFeatureThatDestroysInTheBackground) {
    auto changed = layout({{"compression", "off"}});
    changed["pool"]["compatibility"] = "legacy";
    create({"--force", "--layout", write_layout(changed), "--tree", at("tree")});
    write("overlay", made_tar({{"etc/large", '0', "", torture_bytes(20 << 20, 1)}, {"../evil"}}));
    expect_untouched({at("overlay")}, 1, {"evil"});
    expect_the_same({{"etc/large", '0', "", torture_bytes(20 << 20, 1)}});
}

TEST_F(Apply, AFullDiskBelowTheImage) {
    write("overlay", made_tar({{"etc/large", '0', "", torture_bytes(60 << 20, 1)}}));
    ASSERT_EQ(::mkdir(at("full").c_str(), 0755), 0);
    if (!is_root() || ::mount("tmpfs", at("full").c_str(), "tmpfs", 0, "size=40M") != 0)
        GTEST_SKIP() << "needs root to make a small disk";
    copy("image", "full/image");
    const auto before = seen();
    const auto output = pool({"apply", "--image", at("full/image"), "ROOT/default", at("overlay")});
    copy("full/image", "image");
    ::umount(at("full").c_str());
    expect_refused(output, 1, {at("full/image"), "No space left", "takes back"});
    EXPECT_EQ(seen(), before);
    const auto next = apply({at("overlay")});
    EXPECT_EQ(next.exit_code, 0) << next.err;
    EXPECT_NE(next.err.find("interrupted"), std::string::npos) << next.err;
    expect_clean();
}

}  // namespace kld::test
