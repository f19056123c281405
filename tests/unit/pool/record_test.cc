// SPDX-License-Identifier: BSD-3-Clause
#include "pool/kz_record.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace {

void put(std::string& record, std::size_t place, std::uint64_t value, std::size_t size) {
    std::memcpy(record.data() + place, &value, size);
}

/// The record that begins a stream of one whole file system.
std::string begin_record(const std::string& name) {
    std::string record(KZ_RECORD, '\0');
    put(record, 8, 0x2F5bacbac, 8);
    put(record, 16, 1, 8);
    put(record, 32, 2, 4);
    put(record, 40, 4711, 8);
    record.replace(56, name.size(), name);
    return record;
}

struct Begin {
    int error;
    std::string snapshot;
};

Begin read(const std::string& record) {
    std::string snapshot(256, '\0');
    const int error = kz_record_begin(record.data(), snapshot.data(), snapshot.size());
    return {error, snapshot.c_str()};
}

int rewrite(kz_rewriter& rewriter, const std::string& piece) {
    std::array<char, KZ_RECORD> changed;
    const char* write = nullptr;
    return kz_rewrite(&rewriter, piece.data(), piece.size(), changed.data(), &write);
}

TEST(BeginRecord, NamesItsSnapshot) {
    const auto begin = read(begin_record("pool/a/b@2026-11-26 10:00"));
    EXPECT_EQ(begin.error, 0);
    EXPECT_EQ(begin.snapshot, "2026-11-26 10:00");
}

TEST(BeginRecord, ANameThatNoSnapshotCanHaveIsRefused) {
    for (const std::string name :
         {"", "pool/a", "pool/a@", "pool/a@b/c", "pool/a@b@c", "pool/a@..%", "pool/a@\033[31m"})
        EXPECT_EQ(read(begin_record(name)).error, EBADMSG) << name;
    EXPECT_EQ(read(begin_record("p@" + std::string(253, 'x'))).error, 0);
    EXPECT_EQ(read(begin_record("p@" + std::string(254, 'x'))).error, EBADMSG) << "it does not end";
}

TEST(BeginRecord, OtherStreamsAreToldApart) {
    auto changes = begin_record("p@a"), package = changes, volume = changes, turned = changes;
    put(changes, 48, 1, 8);
    EXPECT_EQ(read(changes).error, EXDEV);
    put(package, 16, 2, 8);
    EXPECT_EQ(read(package).error, ENOTSUP);
    put(volume, 32, 3, 4);
    EXPECT_EQ(read(volume).error, ENOTSUP);
    put(turned, 8, 0xaccbba5f2, 8);
    EXPECT_EQ(read(turned).error, EBADMSG);
}

TEST(Rewriter, RefusesWhatItDoesNotKnow) {
    kz_rewriter rewriter{.identity = {.guid = 1, .creation_time = 2}, .checksum = {}, .payload = 0};
    auto record = begin_record("p@a");
    EXPECT_EQ(rewrite(rewriter, record.substr(1)), ENOTSUP);
    put(record, 0, 6, 4);
    EXPECT_EQ(rewrite(rewriter, record), ENOTSUP);
    rewriter.payload = 10;
    EXPECT_EQ(rewrite(rewriter, "twelve bytes"), ENOTSUP);
    EXPECT_EQ(rewrite(rewriter, "five."), ENOTSUP) << "there is no checksum of such";
    EXPECT_EQ(rewrite(rewriter, "four"), 0);
    EXPECT_EQ(rewriter.payload, 6U);
}

}  // namespace
