// SPDX-License-Identifier: BSD-3-Clause
// Which snapshots there are, and which a person means.
#include "snap/snapshots.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr const char* kAsked = "creation,createtxg,used,referenced,userrefs,clones,org.kldload:reason";

std::string lines_of(const std::string& name, const std::string& created, const std::string& txg,
                     const std::string& clones, const std::string& reason, const std::string& source) {
    return name + "\tcreation\t" + created + "\t-\n" + name + "\tcreatetxg\t" + txg + "\t-\n" + name +
           "\tused\t100\t-\n" + name + "\treferenced\t2000\t-\n" + name + "\tuserrefs\t1\t-\n" + name + "\tclones\t" +
           clones + "\t-\n" + name + "\torg.kldload:reason\t" + reason + "\t" + source + "\n";
}

const std::vector<zfs::Mount> kMounts{{"rpool/ROOT/default", "/", "zfs"},
                                      {"rpool/my home", "/home", "zfs"},
                                      {"rpool/my home@a", "/home/.zfs/snapshot/a", "zfs"},
                                      {"/dev/vda1", "/boot/efi", "vfat"}};

std::vector<std::string> names(const Result<std::vector<Snapshot>>& snapshots) {
    if (!snapshots) return {render(snapshots.error())};
    std::vector<std::string> all;
    for (const auto& snapshot : *snapshots) all.push_back(snapshot.name);
    return all;
}
using Names = std::vector<std::string>;

/// a to d of rpool/my home; c has an older time than b, since a clock was set back. Others are of other datasets.
const std::vector<Snapshot> kAll{{.name = "rpool/my home@a", .created = 100, .order = 1},
                                 {.name = "rpool/my home@c", .created = 150, .order = 3},
                                 {.name = "rpool/my home@b", .created = 200, .order = 2},
                                 {.name = "rpool/my home@auto d", .created = 400, .order = 4},
                                 {.name = "rpool/my home/x@a", .created = 500, .order = 5},
                                 {.name = "rpool/other@auto e", .created = 600, .order = 6}};

Names select_words(const Names& words) {
    std::vector<Spec> specs;
    for (const auto& word : words) {
        const auto spec = parse_spec(kMounts, word);
        if (!spec) return {render(spec.error())};
        specs.push_back(*spec);
    }
    return names(select(kAll, specs));
}

/// The one line of an error, its hint and its exit code.
void expect_usage(const Names& rendered, const std::string& text) {
    ASSERT_EQ(rendered.size(), 1U) << join(rendered, "|");
    EXPECT_TRUE(rendered[0].starts_with("error: " + text)) << rendered[0];
    EXPECT_NE(rendered[0].find("hint: "), std::string::npos) << rendered[0];
}

TEST(Snapshots, AreReadWithOneQuestionOldestFirst) {
    test::ReplayRunner runner;
    runner.expect(
        {"zfs", "get", "-Hp", "-d", "1", "-t", "snapshot", "-o", "name,property,value,source", kAsked, "rpool/x"},
        lines_of("rpool/x@late", "300", "3", "rpool/a,rpool/b c", "kpkg", "local") +
            lines_of("rpool/x@early", "100", "1", "", "-", "-") + lines_of("rpool/x@same", "100", "2", "-", "-", "-"));
    const auto read = read_snapshots(runner, "rpool/x", Depth::own);
    EXPECT_EQ(names(read), (Names{"rpool/x@early", "rpool/x@same", "rpool/x@late"}));
    const auto& late = read->back();
    EXPECT_EQ(late.created, 300U);
    EXPECT_EQ(late.order, 3U);
    EXPECT_EQ(late.used, 100U);
    EXPECT_EQ(late.referenced, 2000U);
    EXPECT_EQ(late.holds, 1U);
    EXPECT_EQ(late.clones, (Names{"rpool/a", "rpool/b c"}));
    EXPECT_EQ(late.reason, "kpkg");
    EXPECT_TRUE(read->front().clones.empty());
    EXPECT_EQ(read->front().reason, "");
}

TEST(Snapshots, AReasonThatComesFromElsewhereIsNotOurs) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "get", "-Hp", "-r", "-t", "snapshot", "-o", "name,property,value,source", kAsked},
                  lines_of("p/x@mine", "1", "1", "", "ksnap", "inherited from p/x") +
                      lines_of("p/x@stream", "2", "2", "", "ksnap", "received"));
    const auto read = read_snapshots(runner, {}, Depth::below);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ(read->at(0).reason, "") << "every snapshot of a dataset with that property has it so";
    EXPECT_EQ(read->at(1).reason, "") << "who keeps copies has rules of their own";
}

TEST(Snapshots, BookmarksAreReadWhenAskedFor) {
    test::ReplayRunner runner;
    runner.expect(
        {"zfs", "get", "-Hp", "-d", "1", "-t", "snapshot,bookmark", "-o", "name,property,value,source", kAsked, "p/x"},
        lines_of("p/x#mark", "7", "9", "-", "-", "-"));
    EXPECT_EQ(names(read_snapshots(runner, "p/x", Depth::own, true)), (Names{"p/x#mark"}));
}

TEST(Snapshots, AFailureHasAWayOut) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "get", "-Hp", "-d", "1", "-t", "snapshot", "-o", "name,property,value,source", kAsked, "no"},
                  {}, 1, "cannot open 'no': dataset does not exist");
    const auto read = read_snapshots(runner, "no", Depth::own);
    ASSERT_FALSE(read.has_value());
    EXPECT_NE(render(read.error()).find("dataset does not exist"), std::string::npos);
    EXPECT_FALSE(read.error().hint.empty());
}

TEST(Named, ADatasetByItsNameOrByAPathInIt) {
    EXPECT_EQ(dataset_named(kMounts, "tank/a b"), "tank/a b");
    EXPECT_EQ(dataset_named(kMounts, "/home/user/x"), "rpool/my home");
    EXPECT_EQ(dataset_named(kMounts, "/homes"), "rpool/ROOT/default");
}

TEST(Named, WhatIsNoDatasetIsRefused) {
    const auto refused = [](const std::string& word) {
        const auto named = dataset_named(kMounts, word);
        return named ? Names{"took " + *named} : Names{render(named.error())};
    };
    expect_usage(refused("/boot/efi/x"), "/boot/efi/x lies on no dataset: /boot/efi is vfat");
    expect_usage(refused("/home/.zfs/snapshot/a/f"), "/home/.zfs/snapshot/a/f lies in the snapshot rpool/my home@a");
    expect_usage(refused("rpool/x@a"), "rpool/x@a is a snapshot");
    expect_usage(refused("-r"), "-r is no dataset");
    expect_usage(refused(""), "no dataset is named");
    EXPECT_FALSE(dataset_named({}, "/home").has_value());
}

TEST(Words, ASnapshotIsNoDataset) {
    test::FakeFiles files;
    files.entries["/home/me@work/file"] = {""};
    for (const auto* word : {"/home@before", "rpool/my home@before"}) {
        const auto refused = dataset_asked_for(files, kMounts, word);
        ASSERT_FALSE(refused.has_value()) << word;
        EXPECT_EQ(refused.error().code, ExitCode::usage);
        EXPECT_NE(refused.error().message.find("is a snapshot, and a dataset is asked for"), std::string::npos);
    }
    EXPECT_EQ(dataset_asked_for(files, kMounts, "/home/me@work"), "rpool/my home") << "a directory that is there";
    EXPECT_EQ(dataset_asked_for(files, kMounts, "/home"), "rpool/my home");
}

TEST(Named, ASnapshotOfAPathThatHasAnAtOfItsOwn) {
    EXPECT_EQ(snapshot_named(kMounts, "rpool/x@a b"), "rpool/x@a b");
    EXPECT_EQ(snapshot_named(kMounts, "/home@a"), "rpool/my home@a");
    EXPECT_EQ(snapshot_named(kMounts, "/home/me@work@a"), "rpool/my home@a");
    for (const auto* word : {"rpool/x", "rpool/x@", "@a", "rpool/x@a%b", "rpool/x@a*", "rpool/x@a,b", "-r@a"}) {
        const auto named = snapshot_named(kMounts, word);
        ASSERT_FALSE(named.has_value()) << word;
        EXPECT_EQ(named.error().code, ExitCode::usage) << word;
    }
}

TEST(Select, NamesListsAndRanges) {
    EXPECT_EQ(select_words({"rpool/my home@b"}), (Names{"rpool/my home@b"}));
    EXPECT_EQ(select_words({"/home@b,a"}), (Names{"rpool/my home@a", "rpool/my home@b"})) << "oldest first";
    EXPECT_EQ(select_words({"/home@b%c"}), (Names{"rpool/my home@c", "rpool/my home@b"}))
        << "by transaction, whatever the clock said";
    EXPECT_EQ(select_words({"/home@%b"}), (Names{"rpool/my home@a", "rpool/my home@b"}));
    EXPECT_EQ(select_words({"/home@c%"}), (Names{"rpool/my home@c", "rpool/my home@auto d"}));
    EXPECT_EQ(select_words({"/home@%"}).size(), 4U);
    EXPECT_EQ(select_words({"/home@a,c%auto d"}),
              (Names{"rpool/my home@a", "rpool/my home@c", "rpool/my home@auto d"}));
}

TEST(Select, PatternsAndSeveralDatasets) {
    EXPECT_EQ(select_words({"/home@auto*", "rpool/other@*"}), (Names{"rpool/my home@auto d", "rpool/other@auto e"}));
    EXPECT_EQ(select_words({"/home@?"}), (Names{"rpool/my home@a", "rpool/my home@c", "rpool/my home@b"}));
    EXPECT_EQ(select_words({"/home@[ab]", "/home@a"}), (Names{"rpool/my home@a", "rpool/my home@b"})) << "each once";
}

TEST(Select, WhatNothingHasIsAnError) {
    expect_usage(select_words({"/home@a", "/home@no"}), "there is no snapshot rpool/my home@no");
    expect_usage(select_words({"/home@no*"}), "there is no snapshot rpool/my home@no*");
    expect_usage(select_words({"/home@a%no"}), "there is no snapshot rpool/my home@no");
    expect_usage(select_words({"/home@no%a"}), "there is no snapshot rpool/my home@no");
    expect_usage(select_words({"/home@a,"}), "there is no snapshot rpool/my home@");
    expect_usage(select_words({"rpool/empty@%"}), "there is no snapshot of rpool/empty");
    expect_usage(select_words({"/home@c%b"}), "rpool/my home@b is older than rpool/my home@c");
    expect_usage(select_words({"/home@x%y%z"}), "there is no snapshot");
}

}  // namespace
}  // namespace kld::snap
