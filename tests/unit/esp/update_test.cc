// SPDX-License-Identifier: BSD-3-Clause
#include "esp/update.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::esp {
namespace {

constexpr const char* kMenu = "EFI/BOOT/grubx64.efi";

/// A partition with the boot files of an older package.
class EspTest : public testing::Test {
protected:
    void SetUp() override {
        for (const auto& path : kBootFiles) {
            files.entries["/esp/" + path] = {"MZ old " + path};
            files.entries["/package/" + path] = {"MZ new " + path};
        }
    }
    World world(std::uint64_t free = 1 << 30) {
        auto read = probe(files, "/esp", "/package", free);
        EXPECT_TRUE(read.has_value());
        return std::move(*read);
    }
    Status update(std::size_t most = 1000) {
        const auto now = world();
        KLD_TRY(const auto steps, plan(now));
        CaptureEvents events;
        return apply(now, steps, most, files, events);
    }
    std::string content(const std::string& path) { return files.entries.at("/esp/" + path).bytes; }
    void expect_bootable() {
        for (const auto& path : kBootFiles) {
            ASSERT_TRUE(files.entries.contains("/esp/" + path)) << path;
            EXPECT_TRUE(content(path) == "MZ old " + path || content(path) == "MZ new " + path) << content(path);
        }
    }
    void expect_updated() {
        for (const auto& path : kBootFiles) {
            EXPECT_EQ(content(path), "MZ new " + path);
            EXPECT_FALSE(files.entries.contains(beside(path))) << path;
            EXPECT_EQ(content(std::string(kPrevious) + path.substr(path.rfind('/'))), "MZ old " + path);
        }
    }
    static std::string beside(const std::string& path) { return "/esp/" + path.substr(0, path.rfind('.')) + ".new"; }
    using CaptureEvents = test::CaptureEvents;
    test::FakeFiles files;
};

}  // namespace

TEST_F(EspTest, NewFilesComeAndTheOnesBeforeAreKept) {
    ASSERT_TRUE(update());
    expect_updated();
    EXPECT_TRUE(plan(world())->empty());
    EXPECT_EQ(to_text(*plan(world())), "nothing to do: the boot files are those of the package\n");
}

TEST_F(EspTest, ThePlanSaysWhatIsDoneAndShimComesLast) {
    const auto steps = *plan(world());
    ASSERT_EQ(steps.size(), 16U);
    const auto text = to_text(steps);
    EXPECT_EQ(text.find("1. write EFI/kldload/builder.new"), 0U) << text;
    EXPECT_NE(text.find("15. swap with EFI/BOOT/BOOTX64.EFI\n16. keep the one before in EFI/kldload/previous\n"),
              std::string::npos)
        << text;
}

TEST_F(EspTest, BootsAfterEveryStepAndTheNextRunFinishes) {
    const auto count = plan(world())->size();
    for (std::size_t most = 0; most <= count; ++most) {
        SCOPED_TRACE(most);
        files.entries.clear();
        SetUp();
        ASSERT_TRUE(update(most));
        expect_bootable();
        ASSERT_TRUE(update());
        expect_updated();
    }
}

TEST_F(EspTest, AHalfWrittenNewFileIsNeverPutInPlace) {
    const auto now = world();
    const auto steps = *plan(now);
    CaptureEvents events;
    ASSERT_TRUE(apply(now, steps, 1, files, events));
    files.entries[beside(kBootFiles[0])].bytes = "MZ n";
    const std::vector<Step> rest(steps.begin() + 1, steps.end());
    const auto done = apply(now, rest, 1000, files, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().message.find("does not hold what was written"), std::string::npos);
    expect_bootable();
    EXPECT_EQ(content(kBootFiles[0]), "MZ old " + kBootFiles[0]);
    ASSERT_TRUE(update()) << "the next run writes it again";
    expect_updated();
}

TEST_F(EspTest, WhereNamesCannotBeSwappedNothingIsChanged) {
    files.can_exchange = false;
    const auto before = files.entries.size();
    const auto done = update();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_NE(done.error().hint.find("newer kernel"), std::string::npos);
    for (const auto& path : kBootFiles) EXPECT_EQ(content(path), "MZ old " + path);
    EXPECT_EQ(files.entries.size(), before) << "no .new was written";
}

TEST_F(EspTest, WhetherNamesCanBeSwappedIsTriedBeforeAnyStep) {
    const auto now = world();
    const auto steps = *plan(now);
    const auto before = files.entries.size();
    EXPECT_TRUE(expect_swap(now, steps, files));
    EXPECT_EQ(files.entries.size(), before) << "nothing of it stays";
    files.can_exchange = false;
    const auto refused = expect_swap(now, steps, files);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("cannot swap two names on /esp"), std::string::npos);
    EXPECT_NE(refused.error().hint.find("Linux 6.0"), std::string::npos);
    EXPECT_EQ(files.entries.size(), before);
}

TEST_F(EspTest, WhatIsNotThereNeedsNoSwap) {
    files.can_exchange = false;
    for (const auto& path : kBootFiles) files.entries.erase("/esp/" + path);
    const auto now = world();
    EXPECT_TRUE(expect_swap(now, *plan(now), files));
    EXPECT_TRUE(update());
}

TEST_F(EspTest, ADiskThatFailsLeavesTheOldFile) {
    files.broken[beside(kMenu)] = Error{"no space left"};
    EXPECT_FALSE(update().has_value());
    expect_bootable();
    EXPECT_EQ(content(kMenu), "MZ old " + std::string(kMenu));
}

TEST_F(EspTest, WithoutRoomThePreviousOnesGoFirst) {
    ASSERT_TRUE(update());
    for (const auto& path : kBootFiles) files.entries["/package/" + path] = {"MZ newest" + std::string(3 << 20, 'x')};
    for (const auto& path : kBootFiles)
        files.entries["/esp/" + std::string(kPrevious) + path.substr(path.rfind('/'))].bytes.resize(5 << 20);
    const auto tight = plan(world(3 << 20));
    ASSERT_TRUE(tight.has_value());
    EXPECT_EQ(tight->front().kind, Step::Kind::make_room);
    const auto none = plan(world(0));
    ASSERT_TRUE(none.has_value()) << "what is kept makes the room";
    for (const auto& path : kBootFiles)
        files.entries.erase("/esp/" + std::string(kPrevious) + path.substr(path.rfind('/')));
    const auto refused = plan(world(3 << 20));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("/esp has 3.0 MiB free"), std::string::npos) << refused.error().message;
}

TEST_F(EspTest, AnEmptyPartitionIsFilled) {
    std::erase_if(files.entries, [](const auto& entry) { return entry.first.starts_with("/esp/"); });
    ASSERT_TRUE(update());
    for (const auto& path : kBootFiles) EXPECT_EQ(content(path), "MZ new " + path);
}

TEST_F(EspTest, AnIncompletePackageIsAnError) {
    files.entries.erase("/package/EFI/BOOT/BOOTX64.EFI");
    EXPECT_FALSE(probe(files, "/esp", "/package", 1 << 30).has_value());
}

}  // namespace kld::esp
