// SPDX-License-Identifier: BSD-3-Clause
#include "vm/transcript.h"

#include <gtest/gtest.h>

namespace kld::vm {
namespace {

std::string cleaned(std::string_view bytes) {
    Transcript transcript;
    transcript.feed(bytes);
    return transcript.text();
}

TEST(Transcript, KeepsPlainLines) {
    EXPECT_EQ(cleaned("one\r\ntwo\n"), "one\ntwo\n");
}

TEST(Transcript, DropsColoursTitlesAndCharacterSets) {
    EXPECT_EQ(cleaned("\x1b[0;1;32m  OK  \x1b[0m\x1b]0;root@host\a\x1b]8;;x\x1b\\\x1b(B ready\x1b="), "  OK   ready");
}

TEST(Transcript, DropsBellAndNul) {
    EXPECT_EQ(cleaned(std::string_view("a\a\0b\tc", 6)), "ab\tc");
}

TEST(Transcript, LoneReturnBeginsALine) {
    EXPECT_EQ(cleaned("10%\r20%\r\r\ndone"), "10%\n20%\ndone");
}

TEST(Transcript, RowsOfAScreenAreLines) {
    EXPECT_EQ(cleaned("\x1b[2J\x1b[01;01HBoot menu\x1b[02;01H> default\x1b[K\x1b[03;01H  other"),
              "Boot menu\n> default\n  other");
}

TEST(Transcript, BackspaceTakesACharacterButNotALine) {
    EXPECT_EQ(cleaned("rot\b\b\b\broot\n\bx"), "root\nx");
}

TEST(Transcript, SequencesMayBeSplitAnywhere) {
    const std::string bytes = "a\x1b[1;31mb\r\n\x1b]0;t\x1b\\c\r\rd";
    Transcript transcript;
    for (const char byte : bytes) transcript.feed(std::string_view(&byte, 1));
    EXPECT_EQ(transcript.text(), cleaned(bytes));
    EXPECT_EQ(transcript.text(), "ab\nc\nd");
}

TEST(Transcript, StampsEachLineWithTheTimeOfItsFirstByte) {
    Transcript transcript;
    const auto start = Transcript::Clock::now();
    transcript.feed("fir", start);
    transcript.feed("st\nsec", start + std::chrono::milliseconds(1500));
    transcript.feed("ond\n\n", start + std::chrono::milliseconds(4000));
    EXPECT_EQ(transcript.stamped(), "[    0.0] first\n[    1.5] second\n[    4.0] \n");
}

}  // namespace
}  // namespace kld::vm
