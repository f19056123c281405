// SPDX-License-Identifier: BSD-3-Clause
#include "base/text.h"

#include <gtest/gtest.h>

namespace kld {

TEST(Text, SplitKeepsEmptyPieces) {
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
    EXPECT_EQ(split("", ','), std::vector<std::string>{""});
}

TEST(Text, LinesDropTheLastNewline) {
    EXPECT_EQ(lines("a\nb\n"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(lines("a\n\nb"), (std::vector<std::string>{"a", "", "b"}));
    EXPECT_TRUE(lines("").empty());
}

TEST(Text, LowerCaseLeavesWhatIsNotAscii) {
    EXPECT_EQ(lower_case("EFI/Boot.EFI-1 \xc3\x84"), "efi/boot.efi-1 \xc3\x84");
}

TEST(Text, ContainsWholeWords) {
    EXPECT_TRUE(contains({"ro", "quiet"}, "quiet"));
    EXPECT_FALSE(contains({"ro", "quiet"}, "qui"));
}

TEST(Text, WordsAndTrim) {
    EXPECT_EQ(words("  a \t b "), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(trim(" \n a b\r\n"), "a b");
    EXPECT_EQ(trim(" \n "), "");
}

TEST(Text, ShellLineCanBePasted) {
    EXPECT_EQ(shell_line({"zfs", "set", "a=b c", "", "it's"}), "zfs set 'a=b c' '' 'it'\\''s'");
}

TEST(Text, SizesBothWays) {
    EXPECT_EQ(parse_size("8G").value(), 8ULL << 30);
    EXPECT_EQ(parse_size("1.5MiB").value(), 3ULL << 19);
    EXPECT_EQ(parse_size("4096").value(), 4096U);
    for (const auto* bad : {"", "G", "8X", "-1", "8GG", "nan", "99999999T"}) {
        const auto size = parse_size(bad);
        ASSERT_FALSE(size.has_value()) << bad;
        EXPECT_EQ(size.error().code, ExitCode::usage);
    }
    EXPECT_EQ(human_bytes(512ULL << 20), "512.0 MiB");
    EXPECT_EQ(human_bytes(17), "17 B");
}

TEST(Text, LastLines) {
    EXPECT_EQ(last_lines("a\nb\nc\n", 2), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(last_lines("a", 2), std::vector<std::string>{"a"});
}

TEST(Result, ErrorIsRenderedWithDetailsAndHint) {
    const Error error{"cannot open x", {"because"}, "try y"};
    EXPECT_EQ(render(error), "error: cannot open x\n  because\n  hint: try y\n");
    EXPECT_EQ(Error{error}.within("reading").message, "reading: cannot open x");
}

}  // namespace kld
