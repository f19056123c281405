// SPDX-License-Identifier: BSD-3-Clause
#include "boot/trial.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::boot {
namespace {

const Trial kSample{7, 123456789, "rpool/ROOT/new", 3, 3, false};

TEST(Trial, ComesBackAsItWas) {
    const auto slot = to_slot(kSample);
    EXPECT_EQ(slot.size(), kSlotBytes);
    EXPECT_EQ(parse_slot(slot), kSample);
    auto longest = kSample;
    longest.dataset = std::string(255, 'x');
    longest.sequence = longest.pool_guid = ~std::uint64_t{0};
    EXPECT_EQ(to_slot(longest).size(), kSlotBytes);
    EXPECT_EQ(parse_slot(to_slot(longest)), longest);
}

TEST(Trial, AnyTornOrChangedByteMakesItNone) {
    const auto slot = to_slot(kSample);
    const auto end = slot.find('\0') - 1;  // the line's end behind the checksum says nothing
    for (std::size_t at = 0; at < end; ++at) {
        auto changed = slot;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(parse_slot(changed)) << at;
        auto torn = slot;
        torn.replace(at, std::string::npos, std::string(kSlotBytes - at, '\xf6'));
        EXPECT_FALSE(parse_slot(torn)) << at;
    }
    EXPECT_FALSE(parse_slot(""));
    EXPECT_FALSE(parse_slot(std::string(kSlotBytes, '\0')));
    EXPECT_FALSE(parse_slot(slot.substr(0, kSlotBytes - 1)));
}

TEST(Trial, WritesGoToTheOlderSlotInTurn) {
    test::FakeFiles files;
    EXPECT_FALSE(read_trial(files, "/esp"));
    auto record = kSample;
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
        record.sequence = sequence;
        const auto before = files.entries;
        ASSERT_TRUE(write_trial(files, "/esp", record));
        EXPECT_EQ(read_trial(files, "/esp"), record);
        // What was there before this write is still there, should the write be torn.
        if (sequence > 1) {
            std::size_t same = 0;
            for (const auto& [path, entry] : before) same += files.entries.at(path).bytes == entry.bytes ? 1 : 0;
            EXPECT_GE(same, 1U);
            auto torn = files;
            for (auto& [path, entry] : torn.entries)
                if (parse_slot(entry.bytes) == record) entry.bytes = std::string(kSlotBytes, '\xff');
            EXPECT_EQ(read_trial(torn, "/esp")->sequence, sequence - 1);
        }
    }
}

}  // namespace
}  // namespace kld::boot
