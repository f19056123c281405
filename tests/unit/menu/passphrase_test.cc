// SPDX-License-Identifier: BSD-3-Clause
// Encrypted boot environments: the question, and the answer's way to the next kernel.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "menu/handover.h"
#include "menu/keyring.h"
#include "press.h"
#include "support/fakes.h"
#include "worlds.h"

namespace kld::menu {
namespace {

World with_locked_default() {
    auto world = two_entries();
    world.entries[0].encryption_root = "rpool/ROOT/default";
    world.entries[0].locked = true;
    world.entries[0].kernels.clear();
    return world;
}

}  // namespace

TEST(Passphrase, ALockedDefaultAsksWhenTheCountdownEnds) {
    State state(1);
    state.found(with_locked_default());
    EXPECT_EQ(state.tick().kind, ActionKind::none);
    EXPECT_EQ(state.view(), View::passphrase);
    state.found(with_locked_default());
    EXPECT_EQ(state.view(), View::passphrase) << "a disk that comes late does not close the question";
    State at_once(0);
    EXPECT_EQ(at_once.found(with_locked_default()).kind, ActionKind::none);
    EXPECT_EQ(at_once.view(), View::passphrase);
}

TEST(Passphrase, EnterUnlocksAndBoots) {
    State state(5);
    state.found(with_locked_default());
    const auto action = type(state, "\rwrong\x15se\xc3\xa9\x7f\xc3\xa9 1jk\r");
    EXPECT_EQ(action.kind, ActionKind::unlock);
    EXPECT_EQ(action.entry, 0U);
    EXPECT_EQ(action.passphrase.view(), "se\xc3\xa9 1jk");
    state.working("Loading the key ...");
    state.unlocked();
    EXPECT_EQ(state.found(with_locked_default()).kind, ActionKind::none) << "an answer from before";
    EXPECT_EQ(state.found(two_entries()).kind, ActionKind::boot);
}

TEST(Passphrase, WhatNeedsALookInsideAsksFirst) {
    for (const auto* key : {"K", "E", "B"}) {
        State state(5);
        state.found(with_locked_default());
        EXPECT_EQ(type(state, key).kind, ActionKind::none);
        ASSERT_EQ(state.view(), View::passphrase) << key;
        EXPECT_EQ(type(state, "secret\r").kind, ActionKind::unlock);
        state.working("Loading the key ...");
        state.unlocked();
        EXPECT_EQ(state.found(with_locked_default()).kind, ActionKind::none) << "an answer from before";
        const auto action = state.found(two_entries());
        EXPECT_EQ(action.kind, *key == 'B' ? ActionKind::list_snapshots : ActionKind::none) << "it goes on by itself";
        EXPECT_EQ(state.view(), *key == 'K' ? View::kernels : *key == 'E' ? View::edit : View::list);
    }
    State state(5);
    state.found(with_locked_default());
    EXPECT_EQ(type(state, "D").kind, ActionKind::set_default) << "needs no key";
}

TEST(Passphrase, ThreeTries) {
    State state(5);
    state.found(with_locked_default());
    type(state, "\r");
    for (int left = 2; left > 0; --left) {
        EXPECT_EQ(type(state, "wrong\r").kind, ActionKind::unlock);
        state.working("Loading the key ...");
        state.key_refused("Incorrect key provided.");
        EXPECT_EQ(state.view(), View::passphrase);
        EXPECT_EQ(state.tries_left(), left);
    }
    EXPECT_EQ(type(state, "ok\r").passphrase.view(), "ok") << "what was refused is forgotten";
    state.key_refused("Incorrect key provided.");
    EXPECT_EQ(state.view(), View::message);
    EXPECT_EQ(state.message()[0], "rpool/ROOT/default stays locked:");
}

TEST(Passphrase, ADiskThatGoesMeanwhileEndsTheQuestion) {
    State state(5);
    state.found(with_locked_default());
    type(state, "\rsecret\r");
    state.working("Loading the key ...");
    state.found(World{});
    state.key_refused("no such pool");
    EXPECT_EQ(state.view(), View::message);
    EXPECT_NE(text_of(state).find("no such pool"), std::string::npos);
}

TEST(Passphrase, IsNeverDrawn) {
    State state(5);
    state.found(with_locked_default());
    test::expect_golden("menu/locked.txt", text_of(state));
    type(state, "\r");
    const auto before = text_of(state);
    type(state, "secret");
    EXPECT_EQ(text_of(state), before) << "not even its length";
    state.key_refused("Key load error: Incorrect key provided for 'rpool/ROOT/default'.");
    test::expect_golden("menu/passphrase.txt", text_of(state));
    state.press({KeyKind::escape});
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(type(state, "\r\r").passphrase.view(), "") << "Esc forgets what was typed";
}

TEST(Passphrase, GoesThroughStdinAndIsKeptOnlyWhenRight) {
    test::ReplayRunner runner;
    Keyring keyring;
    const std::vector<std::string> load{"zfs", "load-key", "-L", "prompt", "rpool/enc"};
    runner.expect(load, "", 255, "Key load error: Incorrect key provided for 'rpool/enc'.\n");
    const auto refused = keyring.unlock(runner, "rpool/enc", Secret("no"));
    EXPECT_EQ(refused.error().message, "Key load error: Incorrect key provided for 'rpool/enc'.");
    EXPECT_FALSE(keyring.find("rpool/enc").has_value());
    runner.expect(load);
    EXPECT_TRUE(keyring.unlock(runner, "rpool/enc", Secret("yes")));
    EXPECT_EQ(runner.ran.back().input, "yes");
    EXPECT_EQ(keyring.find("rpool/enc")->view(), "yes");
    EXPECT_FALSE(keyring.reload(runner, {})) << "nothing is locked";
}

TEST(Passphrase, ALongOneIsCutWhereZfsEnds) {
    Secret secret(std::string(600, 'x'));
    EXPECT_EQ(secret.view().size(), Secret::kLimit);
    secret.clear();
    secret.erase_last();
    EXPECT_EQ(secret.view(), "");
}

TEST(Handover, TheInitramfsIsFollowedByKeyAndScript) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    const auto path = directory->path() + "/initramfs";
    const std::string initramfs(2500001, 'i');
    ASSERT_TRUE(RealFiles().write(path, initramfs));
    const auto plain = Fd::open(path, O_RDONLY);
    ASSERT_TRUE(plain.has_value());
    const auto keyed = initramfs_with_key(*plain, Secret("secret"));
    ASSERT_TRUE(keyed.has_value());
    const auto size = keyed->size().value();
    const auto bytes = keyed->read_at(size, 0).value();
    const auto appendix = initramfs::make_appendix(initramfs.size(), key_entries(Secret("secret")));
    EXPECT_TRUE(bytes == initramfs + appendix.value());
    EXPECT_EQ(RealFiles().read(path).value().size(), initramfs.size()) << "the one on the disk stays";
}

TEST(Handover, NotWhereItWouldBeKeptOrAskedForAgain) {
    auto entry = entry_named("rpool/enc");
    EXPECT_FALSE(can_hand_over(entry, "quiet"));
    entry.takes_key = true;
    EXPECT_TRUE(can_hand_over(entry, "quiet"));
    EXPECT_FALSE(can_hand_over(entry, "quiet retain_initrd rw"));
}

TEST(Handover, OnlyRootReadsTheKeyAndItIsInNoOtherFile) {
    for (const auto& entry : key_entries(Secret("secret"))) {
        const bool key = entry.path == "etc/zfs/kldload-menu.key";
        EXPECT_EQ(entry.mode == 0100400, key) << entry.path;
        EXPECT_EQ(entry.content.find("secret") != std::string::npos, key) << entry.path;
    }
}

}  // namespace kld::menu
