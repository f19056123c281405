// SPDX-License-Identifier: BSD-3-Clause
#include "vm/serial.h"

#include "socket_pair.h"

namespace kld::vm {
namespace {

using namespace std::chrono_literals;

TEST(Serial, FindsTextThatHasCome) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("\x1b[1mDebian\x1b[0m GNU/Linux\r\nhost login: ");
    const auto match = console.expect(text("login:"), 1s);
    ASSERT_TRUE(match) << render(match.error());
    EXPECT_EQ(match->groups.at(0), "login:");
}

TEST(Serial, SearchesBehindTheLastMatchOnly) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("one login: two ");
    ASSERT_TRUE(console.expect(text("login:"), 1s));
    EXPECT_FALSE(console.expect(text("login:"), 50ms));
    pair.say("login:");
    EXPECT_TRUE(console.expect(text("login:"), 1s));
}

TEST(Serial, EarliestPatternWinsAndGivesItsGroups) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("panic: no root\r\nkernel 6.12.107 on x86\r\n");
    const auto match = console.expect({regex("kernel (\\S+) on"), regex("^panic: (.*)$")}, 1s);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->which, 1U);
    EXPECT_EQ(match->groups, (std::vector<std::string>{"panic: no root", "no root"}));
    EXPECT_EQ(console.expect(regex("kernel (\\S+) on"), 1s).value().groups.at(1), "6.12.107");
}

TEST(Serial, ExpressionsStayWithinOneLine) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("begin\r\nend\r\n");
    EXPECT_FALSE(console.expect(regex("begin.*end|begin\\send"), 50ms));
}

TEST(Serial, TextCutIntoPiecesIsFound) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("one\r\ntwo\r\nthr");
    console.listen(1s);
    EXPECT_FALSE(console.expect(text("two\nthree"), 20ms));
    pair.say("ee");
    EXPECT_TRUE(console.expect(text("two\nthree"), 1s));
}

TEST(Serial, TheRestOfAMatchedLineIsNotItsBeginning) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("login: login: ");
    ASSERT_TRUE(console.expect(regex("^login:"), 1s));
    EXPECT_FALSE(console.expect(regex("^ login:"), 50ms));
}

TEST(Serial, GivingUpShowsTheLastFortyLines) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    for (int i = 1; i <= 50; ++i) pair.say("line " + std::to_string(i) + "\r\n");
    const auto match = console.expect({text("login:"), regex("pan.c")}, 100ms);
    ASSERT_FALSE(match);
    EXPECT_EQ(match.error().message,
              "waited on the serial console for \"login:\" or /pan.c/, but nothing came within 0.1 s");
    ASSERT_EQ(match.error().details.size(), 40U);
    EXPECT_EQ(match.error().details.front(), "line 11");
    EXPECT_EQ(match.error().details.back(), "line 50");
}

TEST(Serial, SilenceIsSaid) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    EXPECT_EQ(console.expect(text("x"), 10ms).error().details.at(0), "(the console said nothing at all)");
}

TEST(Serial, TheEndOfTheMachineEndsTheWaiting) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("reboot: Power down\r\n");
    pair.ours.reset();
    ASSERT_TRUE(console.expect(text("Power down"), 1s));
    const auto match = console.expect(text("login:"), 60s);
    ASSERT_FALSE(match);
    EXPECT_NE(match.error().message.find("the machine ended"), std::string::npos);
    EXPECT_TRUE(console.ended());
}

TEST(Serial, AKernelThatTheEmulationBrokeEndsTheWaiting) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("[    5.5] Oops: int3: 0000 [#2] PREEMPT SMP NOPTI\r\n[    5.6] Kernel panic - not syncing\r\n");
    pair.say("[    7.5] ---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---\r\n");
    const auto match = console.expect(text("login:"), 60s);
    ASSERT_FALSE(match);
    EXPECT_NE(match.error().message.find(kEmulatorsFault), std::string::npos) << render(match.error());
    EXPECT_EQ(match.error().hint, "start it again");
}

TEST(Serial, AKernelThatNeverSaysAnythingEndsTheWaiting) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs), 200ms);
    pair.say("Booting ...\r\n");
    EXPECT_FALSE(console.expect(text("login:"), 500ms).error().message.find(kEmulatorsFault) != std::string::npos)
        << "something else is silent";
    pair.say("\x1b[2JBdsDxe: starting Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x2,0x0)\r\n");
    const auto match = console.expect(text("login:"), 60s);
    ASSERT_FALSE(match);
    EXPECT_NE(match.error().message.find(kEmulatorsFault), std::string::npos) << render(match.error());
    EXPECT_FALSE(console.emulators_fault().empty());
    pair.say("kldload boot menu\r\n");
    ASSERT_TRUE(console.expect(text("boot menu"), 10s));
    EXPECT_TRUE(console.emulators_fault().empty());
}

TEST(Serial, AnyOtherPanicIsTheGuestsOwn) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    pair.say("[    5.5] Oops: int3: 0000 [#1] SMP\r\nDebian GNU/Linux\r\n");
    ASSERT_TRUE(console.expect(text("Debian"), 1s));
    pair.say("[    5.6] Kernel panic - not syncing: sysrq\r\n[    7.5] ---[ end Kernel panic - not syncing ]---\r\n");
    const auto match = console.expect(text("login:"), 50ms);
    ASSERT_FALSE(match);
    EXPECT_EQ(match.error().message.find(kEmulatorsFault), std::string::npos) << render(match.error());
}

TEST(Serial, KeysAreWhatATerminalSends) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    ASSERT_TRUE(console.send_key(Key::down));
    ASSERT_TRUE(console.send_key(Key::enter));
    ASSERT_TRUE(console.send_line("ls"));
    EXPECT_EQ(pair.heard(), "\x1b[B\rls\n");
}

/// A guest that prints while nothing is expected must not stand still: more than any socket holds goes through.
TEST(Serial, IsReadWhileNobodyLooks) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    const std::string line(1000, 'x');
    for (int i = 0; i < 4000; ++i) pair.say(line + "\n");
    pair.say("login:");
    EXPECT_TRUE(console.expect(text("login:"), 5s));
}

}  // namespace
}  // namespace kld::vm
