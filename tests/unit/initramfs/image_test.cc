// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/image.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "samples/initramfs.h"

namespace kld::initramfs {
namespace {

using namespace test;

bool everything(std::string_view) {
    return true;
}

std::string text(const Result<Image>& image, const std::string& path) {
    if (!image) return render(image.error());
    const auto* entry = image->find(path);
    return entry == nullptr ? "not there" : entry->content.value_or("not kept");
}

const std::string kEarly = archive({directory("kernel"), program("kernel/microcode", "early")});
const std::string kMain = archive({directory("etc"), program("etc/hostid", "old!"), directory("usr"),
                                   directory("usr/bin"), link("bin", "usr/bin"), program("usr/bin/sh", "shell")});
const std::string kLate = archive({program("etc/hostid", "new!")});

TEST(Image, ReadsAPlainArchive) {
    const auto image = read_image(kMain, everything);
    ASSERT_TRUE(image) << render(image.error());
    EXPECT_EQ(image->entries.size(), 6U);
    EXPECT_EQ(text(image, "etc/hostid"), "old!");
    EXPECT_EQ(image->entries.at("usr/bin/sh").mode, 0100755U);
    EXPECT_EQ(image->entries.at("bin").target, "usr/bin");
    EXPECT_TRUE(image->entries.at("etc").is_directory());
}

TEST(Image, ReadsEveryCompressionBetweenPlainArchives) {
    for (const auto format : kCompressions) {
        const auto packed = compress(format, kMain);
        const auto front = kEarly + packed;
        const auto image =
            read_image(front + *make_appendix(front.size(), {program("etc/hostid", "new!")}), everything);
        ASSERT_TRUE(image) << format_name(format) << render(image.error());
        EXPECT_EQ(text(image, "kernel/microcode"), "early") << format_name(format);
        EXPECT_EQ(text(image, "usr/bin/sh"), "shell") << format_name(format);
        EXPECT_EQ(text(image, "etc/hostid"), "new!") << format_name(format);
        ASSERT_EQ(image->segments.size(), 3U);
        EXPECT_EQ(image->segments[1].format, format);
        EXPECT_EQ(image->segments[1].offset, kEarly.size());
        EXPECT_EQ(image->segments[1].bytes, packed.size()) << format_name(format);
        EXPECT_EQ(image->segments[1].entries, 6U);
    }
}

TEST(Image, ReadsSeveralCompressedStreamsInARow) {
    for (const auto first : kCompressions) {
        for (const auto second : kCompressions) {
            // A block size is all that lz4 would take the next magic for.
            const std::string gap(first == Format::lz4 && second != Format::lz4 ? 4 : 0, '\0');
            const auto image = read_image(compress(first, kMain) + gap + compress(second, kLate), everything);
            EXPECT_EQ(text(image, "etc/hostid"), "new!") << format_name(first) << ' ' << format_name(second);
        }
    }
}

TEST(Image, ReadsArchivesOfArchives) {
    const auto image = read_image(compress(Format::gzip, kEarly + std::string(512, '\0') + kMain + kLate), everything);
    EXPECT_EQ(text(image, "etc/hostid"), "new!");
    EXPECT_EQ(text(image, "kernel/microcode"), "early");
}

TEST(Image, RefusesAnArchiveRightBehindLz4AsKernelsDo) {
    auto packed = compress(Format::lz4, kMain);
    const auto image = read_image(packed + std::string((4 - packed.size() % 4) % 4, '\0') + kLate, everything);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().message, "initramfs, at byte 0: the lz4 stream is damaged or cut short");
    EXPECT_NE(image.error().hint.find("four zero bytes"), std::string::npos);
}

TEST(Image, RefusesAnXzCheckThatKernelsDoNotKnow) {
    const auto image = read_image(xz_with_crc64(kMain), everything);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().hint, "compress with xz --check=crc32");
}

TEST(Image, RefusesAnArchiveOffTheGrid) {
    EXPECT_EQ(message_of(read_image(kMain + std::string(1, '\0') + kLate, everything)),
              "initramfs, at byte " + std::to_string(kMain.size() + 1) +
                  ": neither a cpio archive at a multiple of four nor a compression that is known here");
}

TEST(Image, NamesTheOffsetOfJunk) {
    const auto offset = std::to_string(kMain.size());
    EXPECT_TRUE(
        message_of(read_image(kMain + "junk", everything)).starts_with("initramfs, at byte " + offset + ": neither"));
    EXPECT_TRUE(
        message_of(read_image(kMain + compress(Format::xz, "junk"), everything))
            .starts_with("initramfs, at byte " + offset + ": there is no cpio archive at byte 0 of the unpacked xz"));
}

TEST(Image, RefusesNothing) {
    EXPECT_EQ(message_of(read_image("", everything)), "the initramfs is empty");
    EXPECT_EQ(message_of(read_image(std::string(512, '\0'), everything)), "the initramfs is empty");
    EXPECT_NE(message_of(read_image_file("/nowhere/initrd", everything)).find("/nowhere/initrd"), std::string::npos);
}

TEST(Image, KeepsOnlyWhatWasAskedFor) {
    const auto image = read_image(kMain, [](std::string_view path) { return path == "etc/hostid"; });
    EXPECT_EQ(text(image, "etc/hostid"), "old!");
    EXPECT_EQ(text(image, "usr/bin/sh"), "not kept");
    EXPECT_EQ(image->find("usr/bin/sh")->size, 5U);
}

TEST(Image, FollowsLinksAsAProgramWould) {
    const auto image = read_image(
        archive({directory("usr"), directory("usr/lib"), link("lib", "usr/lib"), program("lib/a.so.1.2", "lib"),
                 link("usr/lib/a.so.1", "a.so.1.2"), link("absolute", "/lib/a.so.1"),
                 link("up", "usr/lib/../../lib/a.so.1"), link("loop", "loop"), link("dangling", "nothing")}),
        everything);
    ASSERT_TRUE(image) << render(image.error());
    EXPECT_TRUE(image->entries.contains("usr/lib/a.so.1.2"));
    for (const std::string path : {"lib/a.so.1", "usr/lib/a.so.1", "/absolute", "up"})
        EXPECT_EQ(text(image, path), "lib") << path;
    EXPECT_EQ(image->find("loop"), nullptr);
    EXPECT_EQ(image->find("dangling"), nullptr);
    EXPECT_EQ(image->resolve("lib", false), "lib");
    EXPECT_EQ(image->resolve("lib"), "usr/lib");
}

TEST(Image, LosesWhatHasNoDirectory) {
    const auto image = read_image(archive({program("etc/hostid", "lost")}), everything);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->lost, std::vector<std::string>{"etc/hostid"});
    EXPECT_EQ(image->find("etc/hostid"), nullptr);
}

TEST(Image, ReplacesALinkButNoFullDirectory) {
    const auto image =
        read_image(archive({link("a", "b"), program("a", "file"), directory("d"), program("d/x", "x"), link("d", "a")}),
                   everything);
    ASSERT_TRUE(image);
    EXPECT_EQ(text(image, "a"), "file");
    EXPECT_EQ(image->lost, std::vector<std::string>{"d"});
}

TEST(Image, GivesHardLinksTheirBytes) {
    // Fields of a newc header: inode, mode, uid, gid, links, time, size, device, its device, length of the name,
    // checksum.
    const auto entry = [](const std::string& name, const std::string& content) {
        char header[111];
        std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 7U, 0100755U,
                      0U, 0U, 2U, 0U, static_cast<unsigned>(content.size()), 0U, 0U, 0U, 0U,
                      static_cast<unsigned>(name.size()) + 1, 0U);
        auto bytes = header + name + std::string(1, '\0');
        bytes.append((4 - bytes.size() % 4) % 4, '\0');
        bytes += content;
        return bytes + std::string((4 - bytes.size() % 4) % 4, '\0');
    };
    const auto image = read_image(entry("fsck.ext3", "") + entry("fsck.ext4", "check!") + archive({}), everything);
    EXPECT_EQ(text(image, "fsck.ext3"), "check!");
    EXPECT_EQ(text(image, "fsck.ext4"), "check!");
    const auto picky = read_image(entry("fsck.ext3", "") + entry("fsck.ext4", "check!") + archive({}),
                                  [](std::string_view path) { return path == "fsck.ext3"; });
    EXPECT_EQ(text(picky, "fsck.ext3"), "check!");
}

TEST(Image, RefusesEveryTruncation) {
    for (std::size_t size = 4; size < kMain.size(); ++size)
        EXPECT_FALSE(read_image(kMain.substr(0, size), everything)) << size;
    for (const auto format : kCompressions) {
        const auto packed = compress(format, kMain);
        for (std::size_t size = 6; size < packed.size(); ++size)
            EXPECT_FALSE(read_image(packed.substr(0, size), everything)) << format_name(format) << ' ' << size;
    }
}

TEST(Image, SurvivesMutation) {
    mutate(kMain, 5000, [](const std::string& bytes) { (void)read_image(bytes, everything); });
    for (const auto format : kCompressions)
        mutate(compress(format, kMain), 1500, [](const std::string& bytes) { (void)read_image(bytes, everything); });
}

TEST(Image, DoesNotBelieveALargeSize) {
    auto bytes = archive({directory("etc"), program("etc/hostid", "old!")});
    const auto at = bytes.find("00000004", 110);
    bytes.replace(at, 8, "FFFFFFFF");
    EXPECT_NE(message_of(read_image(bytes, everything)).find("too large to be kept"), std::string::npos);
    EXPECT_NE(message_of(read_image(bytes, {})).find("cut short"), std::string::npos);
}

TEST(Image, KeepsNoNamesWithoutEnd) {
    std::vector<NewEntry> entries;
    for (char first = 'a'; first <= 'z'; ++first) entries.push_back(program(first + std::string(4000, 'n'), ""));
    const auto packed = compress(Format::zstd, archive(entries));
    std::string image;
    for (std::size_t names = 0; names <= kMostKept; names += 26 * 4000) image += packed;
    EXPECT_NE(message_of(read_image(image, {})).find("too large to be kept"), std::string::npos);
}

TEST(Image, UnpacksAtMost4GiBInAll) {
    const auto packed = compress(Format::zstd, archive({program("zeros", std::string(64 << 20, '\0'))}));
    std::string image;
    for (int streams = 0; streams < 63; ++streams) image += packed;
    EXPECT_EQ(message_of(read_image(image, {})), "no error");
    EXPECT_NE(message_of(read_image(image + packed, {})).find("unpacks to more than 4 GiB"), std::string::npos);
}

TEST(Image, LosesWhatLiesDeeperThanAnyPath) {
    std::vector<NewEntry> entries;
    std::string path(99, 'd');
    for (; path.size() < 4000; path += "/" + std::string(99, 'd')) entries.push_back(directory(path));
    const auto deepest = entries.back().path;
    const auto deeper = "link/" + std::string(250, 'f');
    entries.insert(entries.end(),
                   {link("link", deepest), program("link/near", "n"), directory(deeper), program(deeper + "/x", "x")});
    const auto image = read_image(archive(entries), everything);
    EXPECT_EQ(text(image, "link/near"), "n");
    EXPECT_EQ(image->lost, std::vector<std::string>{deeper + "/x"});
}

TEST(Image, FollowsNoWayWithoutEnd) {
    std::string nowhere;
    for (int i = 0; i < 600; ++i) nowhere += "./";
    const auto image = read_image(archive({directory("etc"), program("etc/hostid", "abcd"),
                                           link("long", nowhere + "etc"), link("longer", nowhere + "long")}),
                                  everything);
    EXPECT_EQ(text(image, "long/hostid"), "abcd");
    EXPECT_EQ(text(image, "longer/hostid"), "not there");
}

TEST(CpioWriter, MakesTheSameBytesInWholeWords) {
    EXPECT_EQ(archive({program("etc/hostid", "abcd")}), archive({program("etc/hostid", "abcd")}));
    for (const std::string content : {"", "a", "ab", "abc", "abcd"})
        EXPECT_EQ(archive({program("x", content)}).size() % 4, 0U);
    for (std::size_t size = 0; size < 8; ++size)
        EXPECT_EQ((size + make_appendix(size, {program("x", "y")})->size()) % 4, 0U);
}

TEST(CpioWriter, RefusesWhatNoKernelUnpacks) {
    EXPECT_EQ(message_of(make_archive({{.path = "/etc/hostid"}})), "\"/etc/hostid\" cannot be a path in an initramfs");
    EXPECT_FALSE(make_archive({{.path = ""}}));
    EXPECT_FALSE(make_archive({{.path = std::string(4096, 'a')}}));
    EXPECT_TRUE(make_archive({{.path = std::string(4095, 'a')}}));
}

}  // namespace
}  // namespace kld::initramfs
