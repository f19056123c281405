// SPDX-License-Identifier: BSD-3-Clause
// The driver of the boot menu, against the menu's own state machine and drawing on the other end of a socket. No
// machine.
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "menu/render.h"
#include "vm/socket.h"
#include "vm/support/boot_menu.h"
#include "vm/support/images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

menu::Entry entry(const std::string& dataset) {
    menu::Entry made;
    made.dataset = dataset;
    made.arguments = "quiet";
    made.kernels = {{"/boot/vmlinuz-6.1.0", "/boot/initrd.img-6.1.0", "6.1.0"},
                    {"/boot/vmlinuz-6.12.107", "/boot/initrd.img-6.12.107", "6.12.107"}};
    made.default_kernel = 1;
    return made;
}

/// A machine that is nothing but its menu.
class MenuMachine {
public:
    explicit MenuMachine(menu::World world, int timeout = 30) : state_(timeout) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours_ = Fd(ends[0]);
        theirs = Fd(ends[1]);
        thread_ = std::thread([this, world = std::move(world)]() mutable { work(std::move(world)); });
    }
    MenuMachine(const MenuMachine&) = delete;
    MenuMachine& operator=(const MenuMachine&) = delete;
    ~MenuMachine() { join(); }

    /// What the person chose in the end.
    menu::Action chosen() {
        for (int i = 0; i < 500 && !done_; ++i) std::this_thread::sleep_for(10ms);
        EXPECT_TRUE(done_) << "nothing was chosen";
        join();
        return action_;
    }
    Fd theirs;

private:
    void work(menu::World world) {
        menu::Screen shown;
        const auto draw = [&] {
            const auto next = menu::render(state_, "kernel 6.12");
            static_cast<void>(ours_.write_all(menu::difference(shown, next)));
            shown = next;
        };
        state_.busy("looking for disks");
        draw();
        state_.found(std::move(world));
        draw();
        menu::KeyDecoder decoder;
        while (!stop_) {
            const auto typed = vm::read_some(ours_, 20ms);
            if (!typed) return;
            for (const auto& key : decoder.feed(*typed)) {
                const auto action = state_.press(key);
                draw();
                if (action.kind == menu::ActionKind::none) continue;
                action_ = action;
                done_ = true;
                if (action.kind == menu::ActionKind::boot) return;
                static_cast<void>(ours_.write_all("\r\n\x1b[2Jrecovery\r\n# "));
            }
        }
    }
    void join() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    menu::State state_;
    menu::Action action_{};
    Fd ours_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> done_ = false;
    std::thread thread_;
};

menu::World three_entries() {
    menu::World world;
    world.entries = {entry("rpool/ROOT/default"), entry("rpool/ROOT/a-boot-environment-with-a-long-name"),
                     entry("tank/ROOT/other")};
    world.default_entry = 0;
    return world;
}

TEST(BootMenu, SeesTheListAndStopsTheCountdown) {
    MenuMachine machine(three_entries());
    vm::SerialConsole console(std::move(machine.theirs));
    const auto menu = BootMenu::wait(console, 5s);
    KLD_ASSERT_OK(menu);
    EXPECT_EQ(menu->entries(),
              (std::vector<std::string>{"rpool/ROOT/default", "rpool/ROOT/a-boot-environment-with-a-long-name",
                                        "tank/ROOT/other"}));
}

TEST(BootMenu, BootsWhatIsNamed) {
    MenuMachine machine(three_entries());
    vm::SerialConsole console(std::move(machine.theirs));
    auto menu = BootMenu::wait(console, 5s);
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot("tank/ROOT/other"));
    const auto action = machine.chosen();
    EXPECT_EQ(action.kind, menu::ActionKind::boot);
    EXPECT_EQ(action.entry, 2U);
    EXPECT_EQ(action.kernel, 1U);
    EXPECT_EQ(action.arguments, "quiet");
}

TEST(BootMenu, BootsAnotherKernel) {
    MenuMachine machine(three_entries(), -1);
    vm::SerialConsole console(std::move(machine.theirs));
    auto menu = BootMenu::wait(console, 5s);
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot_kernel("rpool/ROOT/a-boot-environment-with-a-long-name", "6.1.0"));
    const auto action = machine.chosen();
    EXPECT_EQ(action.entry, 1U);
    EXPECT_EQ(action.kernel, 0U);
}

TEST(BootMenu, BootsWithOtherArguments) {
    MenuMachine machine(three_entries());
    vm::SerialConsole console(std::move(machine.theirs));
    auto menu = BootMenu::wait(console, 5s);
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot_with("rpool/ROOT/default", "systemd.unit=rescue.target kld.Kk=1"));
    EXPECT_EQ(machine.chosen().arguments, "quiet systemd.unit=rescue.target kld.Kk=1");
}

TEST(BootMenu, WhatIsNotThereIsSaid) {
    MenuMachine machine(three_entries());
    vm::SerialConsole console(std::move(machine.theirs));
    auto menu = BootMenu::wait(console, 5s);
    KLD_ASSERT_OK(menu);
    const auto booted = menu->boot("rpool/ROOT/gone");
    ASSERT_FALSE(booted);
    EXPECT_EQ(booted.error().message,
              "the boot menu does not show rpool/ROOT/gone; it shows: rpool/ROOT/default, "
              "rpool/ROOT/a-boot-environment-with-a-long-name, tank/ROOT/other");
    const auto kernel = menu->boot_kernel("rpool/ROOT/default", "7.0");
    ASSERT_FALSE(kernel);
    EXPECT_NE(kernel.error().message.find("a kernel 7.0; it shows: /boot/vmlinuz-6.1.0"), std::string::npos);
}

TEST(BootMenu, AMenuThatFoundNothingIsAnError) {
    MenuMachine machine({});
    vm::SerialConsole console(std::move(machine.theirs));
    const auto menu = BootMenu::wait(console, 1s);
    ASSERT_FALSE(menu);
    EXPECT_NE(render(menu.error()).find("No boot environment was found"), std::string::npos);
}

TEST(BootMenu, NoMenuIsAnErrorWithTheConsole) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Fd machine(ends[0]);
    ASSERT_TRUE(machine.write_all("grub>"));
    vm::SerialConsole console{Fd(ends[1])};
    const auto menu = BootMenu::wait(console, 1s);
    ASSERT_FALSE(menu);
    EXPECT_EQ(menu.error().details.back(), "grub>");
}

}  // namespace
}  // namespace kld::test
