// SPDX-License-Identifier: BSD-3-Clause
// Send streams out of pools and into others, and what is done over what was received.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "made_tar.h"
#include "pool_fixture.h"

namespace kld::test {

namespace {

using nlohmann::json;

class Stream : public PoolTest {
protected:
    static inline const std::vector<std::string> kDatasets = {"ROOT/default", "home", "var/log"};

    std::string file_of(std::string dataset) const {
        for (char& c : dataset)
            if (c == '/') c = '-';
        return at(dataset + ".zfs");
    }
    /// A pool of the tree `tree` with the snapshot base, and the streams of it.
    void send(const json& root = json::object()) {
        auto with_snapshot = layout(root);
        with_snapshot["snapshot"] = "base";
        create({"--layout", write_layout(with_snapshot), "--tree", at("tree")}, "golden");
        std::vector<std::string> all = {"send", "--image", at("golden")};
        for (const auto& dataset : kDatasets)
            all.insert(all.end(), {"--stream", dataset + "@base=" + file_of(dataset)});
        const auto output = pool(all);
        ASSERT_EQ(output.exit_code, 0) << output.err;
    }
    Output receive(const std::vector<std::string>& more = {}, const json& root = json::object()) {
        std::vector<std::string> all = {"receive", "--force", "--image",  at("image"),
                                        "--size",  "512M",    "--layout", write_layout(layout(root))};
        for (const auto& dataset : kDatasets) all.insert(all.end(), {"--stream", dataset + "=" + file_of(dataset)});
        all.insert(all.end(), more.begin(), more.end());
        return pool(all);
    }
    void expect_refused(const Output& output, int code, const std::vector<std::string>& words) {
        EXPECT_EQ(output.exit_code, code) << output.err;
        for (const auto& word : words)
            EXPECT_NE(output.err.find(word), std::string::npos) << word << " is not in: " << output.err;
        EXPECT_FALSE(RealFiles().exists(at("image")));
        EXPECT_FALSE(RealFiles().exists(at("image.partial")));
    }
};

/// A small tree with what overlays change.
class Received : public Stream {
protected:
    void SetUp() override {
        small_tree();
        send();
    }
    /// What is over the received datasets is what is over the tree itself.
    void expect_the_same(const std::vector<Tarred>& overlay) {
        write("overlay", made_tar(overlay));
        create({"--layout", write_layout(layout()), "--tree", at("tree"), "--overlay", at("overlay")}, "from-tree");
        const auto output = receive({"--overlay", at("overlay")});
        ASSERT_EQ(output.exit_code, 0) << output.err;
        expect_clean();
        extract("a", {"--all"}, "from-tree");
        extract("b");
        EXPECT_EQ(difference("a", "b"), "");
        run({"rm", "-rf", at("a"), at("b"), at("from-tree")});
    }
};

}  // namespace

TEST_F(Stream, ATortureTreeArrivesEqual) {
    torture("tree");
    ASSERT_TRUE(RealFiles().make_directories(at("tree/home")));
    send();
    const auto output = receive({"--json"});
    ASSERT_EQ(output.exit_code, 0) << output.err;
    const auto report = json::parse(output.out);
    EXPECT_EQ(report["snapshots"], (json{"testpool/ROOT/default@base", "testpool/home@base", "testpool/var/log@base"}));
    expect_clean();
    extract("back");
    EXPECT_EQ(difference("tree", "back"), "");
}

TEST_F(Stream, TheSameTreeGivesTheSameBytes) {
    torture("tree", {.directory_entries = 3000, .huge_file = false, .sockets = false, .beyond_gnu_tar = false});
    ASSERT_TRUE(RealFiles().make_directories(at("tree/home")));
    // A tar stream, since reading a directory changes times of access in it.
    run({"tar", "--create", "--file", at("tree.tar"), "--directory", at("tree"), "--format=pax", "--sparse", "--xattrs",
         "--xattrs-include=*", "--numeric-owner", "--sort=name", "."});
    auto with_snapshot = layout({{"xattr", "on"}, {"dnodesize", "1k"}});
    with_snapshot["snapshot"] = "base";
    std::vector<std::string> streams;
    for (const char* image : {"first", "second"}) {
        create({"--layout", write_layout(with_snapshot), "--tar", at("tree.tar")}, image);
        const std::string stream = at(image) + std::string(".zfs");
        const auto sent = pool({"send", "--image", at(image), "--guid", "12345", "--creation", "1700000000", "--stream",
                                "ROOT/default@base=" + stream});
        ASSERT_EQ(sent.exit_code, 0) << sent.err;
        streams.push_back(RealFiles().read(stream).value());
    }
    EXPECT_TRUE(streams[0] == streams[1]) << "streams of " << streams[0].size() << " and " << streams[1].size();
    const auto received = pool({"receive", "--image", at("image"), "--size", "512M", "--layout", write_layout(layout()),
                                "--stream", "ROOT/default=" + at("second.zfs")});
    ASSERT_EQ(received.exit_code, 0) << received.err;
    expect_clean();
    const auto listed = json::parse(pool({"list", "--json", "--image", at("image")}).out);
    bool found = false;
    for (const auto& dataset : listed["datasets"]) {
        if (dataset["name"] != "testpool/ROOT/default@base") continue;
        found = true;
        EXPECT_EQ(dataset["properties"]["guid"]["value"], "12345");
        EXPECT_EQ(dataset["properties"]["creation"]["value"], "1700000000");
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(pool({"send", "--image", at("first"), "--creation", "1", "--stream", "home@base=" + at("x")}).exit_code,
              2);
    EXPECT_EQ(pool({"send", "--image", at("first"), "--guid", "0", "--stream", "home@base=" + at("x")}).exit_code, 2);
}

TEST_F(Stream, PropertiesAreThoseOfTheLayout) {
    ASSERT_TRUE(RealFiles().make_directories(at("tree/home")));
    send({{"compression", "zstd"}, {"recordsize", "1M"}, {"checksum", "sha512"}, {"dnodesize", "16k"}});
    ASSERT_EQ(receive().exit_code, 0);
    const auto listed = json::parse(pool({"list", "--json", "--image", at("image")}).out);
    for (const auto& dataset : listed["datasets"]) {
        if (dataset["name"] != "testpool/home") continue;
        EXPECT_EQ(dataset["properties"]["compression"]["value"], "lz4");
        EXPECT_EQ(dataset["properties"]["recordsize"]["value"], "131072");
        EXPECT_EQ(dataset["properties"]["mountpoint"]["value"], "/home");
        EXPECT_EQ(dataset["properties"]["mountpoint"]["source"], "local");
    }
}

TEST_F(Received, OverlaysComeOverItAsOverATree) {
    expect_the_same({{"etc/issue", '0', "", "other"},
                     {"etc/new/deeper/file", '0', "", "y"},
                     {"etc/old", '0', "", "was a directory"},
                     {"usr/bin/third", '1', "usr/bin/tool"},
                     {"usr/bin/tool-again", '0', "", "no link any more"},
                     {"home/user/notes", '2', "/dev/null"},
                     {"home", '5', "", "", {{"SCHILY.xattr.user.a", "1"}}},
                     {"var/log/journal", '5', "", "", {{"mtime", "1700000000.5"}}},
                     {"var/log/first", '0', "", "z"},
                     {".", '5', "", "", {{"mtime", "1600000000"}}}});
    expect_the_same({{"usr/bin/tool", '0', "", "one of two names"}});
    expect_the_same({{"bin", '5'}, {"bin/x", '0', "", "x"}});
    expect_the_same({});
}

TEST_F(Received, AnEntryBelowWhatIsNoDirectory) {
    write("overlay", made_tar({{"bin/x", '0', "", "x"}}));
    expect_refused(receive({"--overlay", at("overlay")}), 1, {"/bin is not a directory"});
    write("overlay", made_tar({{"x", '1', "etc/nothing"}}));
    expect_refused(receive({"--overlay", at("overlay")}), 1, {"/etc/nothing", "not there"});
}

TEST_F(Received, ADatasetThatHasNoStreamIsFilledByTheOverlay) {
    write("overlay", made_tar({{"home/user/late", '0', "", "l"}}));
    const auto output =
        pool({"receive", "--image", at("image"), "--size", "512M", "--layout", write_layout(layout()), "--stream",
              "testpool/ROOT/default=" + file_of("ROOT/default"), "--overlay", at("overlay")});
    ASSERT_EQ(output.exit_code, 0) << output.err;
    expect_clean();
    extract("back");
    EXPECT_TRUE(RealFiles().exists(at("back/home/user/late")));
    EXPECT_FALSE(RealFiles().exists(at("back/home/user/notes")));
}

TEST_F(Received, PathsAreTakenAway) {
    ASSERT_EQ(receive({"--remove", "/etc/old", "--remove", "usr/bin/tool", "--remove", "/bin/"}).exit_code, 0);
    expect_clean();
    extract("b");
    run({"rm", "-rf", at("tree/etc/old"), at("tree/usr/bin/tool"), at("tree/bin")});
    // Times of directories stay as they were: what is taken away leaves no trace.
    const auto keep = [this](const std::string& name) {
        run({"touch", "--no-dereference", "--reference", at("b/" + name), at("tree/" + name)});
    };
    for (const char* name : {"etc", "usr/bin", "."}) keep(name);
    EXPECT_EQ(difference("tree", "b"), "");
    ::unlink(at("image").c_str());
    expect_refused(receive({"--remove", "/etc/nothing"}), 1, {"/etc/nothing", "No such file"});
    expect_refused(receive({"--remove", "/home"}), 1, {"/home", "mountpoint"});
    expect_refused(receive({"--remove", "/"}), 1, {"cannot remove /"});
}

TEST_F(Received, StreamsThatAreNone) {
    const auto whole = RealFiles().read(file_of("ROOT/default")).value();
    write("ROOT-default.zfs", whole.substr(0, whole.size() / 2));
    expect_refused(receive(), 1, {"ROOT-default.zfs", "testpool/ROOT/default", "damaged or cut off"});
    write("ROOT-default.zfs", whole.substr(0, 100));
    expect_refused(receive(), 1, {"cut off"});
    auto damaged = whole;
    damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 1);
    write("ROOT-default.zfs", damaged);
    expect_refused(receive(), 1, {"damaged or cut off"});
    write("ROOT-default.zfs", std::string(4096, 'x'));
    expect_refused(receive(), 1, {"no ZFS send stream"});
    ::unlink(file_of("ROOT/default").c_str());
    expect_refused(receive(), 1, {"ROOT-default.zfs", "No such file"});
}

TEST_F(Received, OnlyWhatChanged) {
    auto later = layout();
    later["snapshot"] = "later";
    std::vector<std::string> arguments = {"receive", "--image",  at("second"),       "--size",
                                          "512M",    "--layout", write_layout(later)};
    for (const auto& dataset : kDatasets)
        arguments.insert(arguments.end(), {"--stream", dataset + "=" + file_of(dataset)});
    ASSERT_EQ(pool(arguments).exit_code, 0);
    const std::string changes = at("home.zfs");
    ASSERT_EQ(pool({"send", "--image", at("second"), "--from", "base", "--stream", "home@later=" + changes}).exit_code,
              0);
    expect_refused(receive(), 1, {"home.zfs", "only what changed"});
    const auto wrong = pool({"send", "--image", at("second"), "--from", "later", "--stream", "home@base=" + changes});
    EXPECT_EQ(wrong.exit_code, 1);
    EXPECT_NE(wrong.err.find("testpool/home@base since testpool/home@later"), std::string::npos) << wrong.err;
}

TEST_F(Received, WhatCannotBeSent) {
    const auto refused = [this](const std::string& stream, int code, const std::string& word) {
        const auto output = pool({"send", "--image", at("golden"), "--stream", stream});
        EXPECT_EQ(output.exit_code, code) << stream;
        EXPECT_NE(output.err.find(word), std::string::npos) << word << " is not in: " << output.err;
        EXPECT_FALSE(RealFiles().exists(at("out")));
        EXPECT_FALSE(RealFiles().exists(at("out.partial")));
    };
    refused("home@nosuch=" + at("out"), 1, "no such snapshot");
    refused("home=" + at("out"), 2, "only a snapshot");
    refused("home@base", 2, "DATASET=FILE");
    refused("home@base=/nowhere/out", 1, "/nowhere/out");
    // What is no regular file is written into, not replaced.
    ASSERT_EQ(::symlink("/dev/full", at("full").c_str()), 0);
    const auto full = pool({"send", "--image", at("golden"), "--stream", "ROOT/default@base=" + at("full")});
    EXPECT_EQ(full.exit_code, 1);
    EXPECT_NE(full.err.find("No space left on device"), std::string::npos) << full.err;
}

TEST_F(Received, StreamsAndTheLayoutMustFitTogether) {
    expect_refused(receive({"--stream", "nosuch=" + file_of("home")}), 2, {"nosuch"});
    expect_refused(receive({"--stream", "var=" + file_of("home")}), 2, {"var"});
    expect_refused(receive({"--stream", "home=" + file_of("home")}), 2, {"only one stream"});
    expect_refused(receive({}, {{"normalization", "formD"}}), 2, {"normalization", "home.zfs"});
    const auto small = pool({"receive", "--image", at("image"), "--size", "64M", "--layout", write_layout(layout()),
                             "--stream", "ROOT/default=" + file_of("ROOT/default")});
    EXPECT_EQ(small.exit_code, 0) << small.err;
}

TEST_F(Stream, APoolThatIsTooSmall) {
    ASSERT_TRUE(RealFiles().make_directories(at("tree/home")));
    write("tree/large", torture_bytes(100 << 20, 5));
    send();
    const auto output = pool({"receive", "--image", at("image"), "--size", "128M", "--layout", write_layout(layout()),
                              "--stream", "ROOT/default=" + file_of("ROOT/default")});
    expect_refused(output, 1, {"too small", "ROOT-default.zfs", "MiB) are needed"});
}

TEST_F(Stream, ANameThatIsTooLongWithTheDataset) {
    ASSERT_TRUE(RealFiles().make_directories(at("tree/home")));
    const std::string longest(255 - std::string("testpool/ROOT/default@").size(), 'x');
    auto with_snapshot = layout();
    with_snapshot["snapshot"] = longest;
    create({"--layout", write_layout(with_snapshot), "--tree", at("tree")}, "golden");
    const std::string stream = at("stream");
    ASSERT_EQ(pool({"send", "--image", at("golden"), "--stream", "ROOT/default@" + longest + "=" + stream}).exit_code,
              0);
    auto longer = layout();
    longer["bootfs"] = longer["datasets"][2]["name"] = "ROOT/default2";
    const auto output = pool({"receive", "--image", at("image"), "--size", "512M", "--layout", write_layout(longer),
                              "--stream", "ROOT/default2=" + stream});
    expect_refused(output, 1, {"testpool/ROOT/default2", "File name too long"});
}

TEST_F(Stream, FeaturesThatThePoolLacks) {
    ASSERT_TRUE(RealFiles().make_directories(at("tree/home")));
    write("tree/large", torture_bytes(4 << 20, 5));
    send({{"recordsize", "1M"}});
    auto old = layout();
    old["pool"]["compatibility"] = "legacy";
    old["datasets"][0]["properties"]["compression"] = "on";
    const auto output = pool({"receive", "--image", at("image"), "--size", "512M", "--layout", write_layout(old),
                              "--stream", "ROOT/default=" + file_of("ROOT/default")});
    expect_refused(output, 1, {"ROOT-default.zfs", "features"});
}

}  // namespace kld::test
