// SPDX-License-Identifier: BSD-3-Clause
// The views that come over the list: snapshots, text to scroll in, help.
#include <fmt/core.h>

#include "menu/painter.h"
#include "menu/snapshots.h"

namespace kld::menu {

void paint_snapshots(const State& state, Painter& paint) {
    std::vector<std::string> items;
    for (const auto& snapshot : state.snapshots())
        items.push_back(fmt::format("{:<46} {}", snapshot.name, snapshot.created_text()));
    paint.list(items, state.selected_snapshot());
    paint.row(kStatusRow) =
        fit(fmt::format("Choose a snapshot of {} to go back to.", state.world().entries[state.selected()].dataset));
    paint.keys("Enter choose  Esc back");
}

void paint_confirm(const State& state, Painter& paint) {
    const auto& environment = state.world().entries[state.selected()].dataset;
    const auto& snapshot = state.snapshots()[state.selected_snapshot()];
    paint.paragraph(kListTop, kStatusRow,
                    {fmt::format("Go back to {}@{}", environment, snapshot.name),
                     fmt::format("as it was at {}", snapshot.created_text()), "",
                     fmt::format("It becomes the boot environment {}", clone_name(environment, snapshot.name)),
                     "(with a number behind it when that name is taken) and is started.", "",
                     fmt::format("{} stays as it is, and the menu goes on listing it.", environment),
                     "Data outside of the boot environment, such as /home, does not go back."});
    paint.keys("Enter start it this once  D start it and make it the default  Esc back");
}

void paint_text(const State& state, Painter& paint) {
    auto row = kListTop;
    for (const auto& line : state.text().shown()) paint.row(row++) = fit(line);
    paint.row(kStatusRow) = fit(fmt::format("{}: {}", state.text().title(), state.text().position()));
    const std::string keys = "Up Down PgUp PgDn Home End scroll  Esc back";
    if (state.more() == ActionKind::kernel_log)
        paint.keys(keys + "  L the kernel's log too");
    else if (state.more() == ActionKind::log)
        paint.keys(keys + "  L the menu's log alone");
    else
        paint.keys(keys);
}

void paint_passphrase(const State& state, Painter& paint) {
    const auto& entry = state.world().entries[state.selected()];
    std::vector<std::string> text{fmt::format("{} is encrypted.", entry.dataset)};
    if (entry.encryption_root != entry.dataset) text.push_back("Its key is that of " + entry.encryption_root + ".");
    if (!state.refusal().empty()) {
        text.emplace_back();
        text.push_back(state.refusal());
        text.push_back(fmt::format("Tries left: {}", state.tries_left()));
    }
    paint.paragraph(kListTop, kStatusRow, text);
    paint.row(kStatusRow) = fit("Passphrase (it is not shown): ");
    paint.cursor(kStatusRow, paint.row(kStatusRow).size());
    paint.row(kKeysRow - 1) =
        fit(state.notice_text().empty() ? "Keyboard layout: " + state.keymap() : state.notice_text());
    paint.keys("Enter unlock  Tab keyboard layout  Ctrl-U clear  Esc back");
}

void paint_keyboard(const State& state, Painter& paint) {
    const auto choices = state.keymap_choices();
    std::vector<std::string> items;
    for (const auto& [name, description] : choices)
        items.push_back(fmt::format("{:<24} {}{}", name, description, name == state.keymap() ? "  [in use]" : ""));
    if (items.empty()) paint.row(kListTop) = "No layout begins so. Esc goes back.";
    paint.list(items, state.selected_keymap());
    paint.row(kStatusRow) = fit("Layout of this machine's keyboard, until the next start: " + state.keymap_typed());
    paint.cursor(kStatusRow, paint.row(kStatusRow).size());
    paint.keys("Enter use it  Up Down choose  letters search  Esc back");
}

void paint_help(Painter& paint) {
    paint.paragraph(
        kListTop, kKeysRow,
        {"Up Down j k 1-9  move", "Enter            boot the boot environment with its default kernel",
         "B                go back to a snapshot, which becomes a boot environment",
         "K                choose another kernel of the boot environment, for this boot",
         "E                edit the kernel command line, for this boot", "D                make it the default",
         "Z                status of the pools", "L                log of the menu and of its kernel",
         "R                recovery shell on this terminal; `exit` comes back",
         "S                search again for disks and pools", "P                power off, reboot, firmware setup",
         "Tab              layout of the keyboard, for passphrases", "",
         "The default is the pool's bootfs property. A boot environment is a dataset with",
         "mountpoint=/ (org.zfsbootmenu:active=off hides it) and a kernel with its",
         "initramfs in /boot. Pools are imported read-only; B and D import the pool for",
         "writing, for that change alone."});
    paint.keys("Any key goes back");
}

}  // namespace kld::menu
