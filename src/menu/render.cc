// SPDX-License-Identifier: BSD-3-Clause
#include "menu/render.h"

#include <fmt/core.h>

#include <algorithm>

#include "menu/painter.h"

namespace kld::menu {
namespace {

std::string status(const State& state) {
    const auto& world = state.world();
    if (!state.notice_text().empty()) return state.notice_text();
    if (state.countdown() && !world.entries.empty())
        return fmt::format("Booting {} in {} s. Any key stops the countdown.", world.entries[state.selected()].dataset,
                           *state.countdown());
    if (!state.settled()) return fmt::format("Please wait: {} ...", state.busy_text());
    if (world.entries.empty())
        return fmt::format("No boot environment was found. Still looking: {} ...", state.busy_text());
    return "Choose a boot environment.";
}

/// What a person should know of an entry in a word.
std::string mark_of(const World& world, std::size_t index) {
    if (world.default_entry != index) return {};
    if (!world.trial || world.trial->entry != index) return "[default]";
    const auto& record = world.trial->found.record;
    if (record.once) return "[this once]";
    return fmt::format("[trial {} of {}]", record.allowed - record.left + 1, record.allowed);
}

void paint_list(const State& state, Painter& paint) {
    const auto& world = state.world();
    // Names may be long, and what matters least is cut off at the right.
    std::size_t name_width = 30, mark_width = 0;
    for (std::size_t index = 0; index < world.entries.size(); ++index) {
        name_width = std::max(name_width, std::min<std::size_t>(world.entries[index].dataset.size(), 48));
        mark_width = std::max(mark_width, mark_of(world, index).size());
    }
    std::vector<std::string> items;
    for (std::size_t index = 0; index < world.entries.size(); ++index) {
        const auto& entry = world.entries[index];
        items.push_back(fmt::format("{:<{}} {:<{}} {}", entry.dataset, name_width, mark_of(world, index), mark_width,
                                    entry.locked ? "[locked]" : entry.kernels[entry.default_kernel].version));
    }
    paint.list(items, state.selected());
    if (!items.empty()) {
        const auto& entry = world.entries[state.selected()];
        const auto what = entry.locked ? "encrypted; Enter asks for the passphrase" : entry.system;
        paint.row(kStatusRow - 2) = fit("     " + (what.empty() ? entry.dataset : what));
    }
    const auto shown = std::min(items.size(), kListRows);
    paint.paragraph(kListTop + shown + (shown > 0 ? 1 : 0), kStatusRow - 2, world.problems);
    paint.row(kStatusRow) = fit(status(state));
    if (!items.empty())
        paint.row(kKeysRow - 1) = "Enter boot  B go back to a snapshot  K kernels  E edit command line  D default";
    paint.keys("Z pools  L log  R shell  S search again  P power  Tab keyboard layout  H help");
}

void paint_kernels(const State& state, Painter& paint) {
    const auto& entry = state.world().entries[state.selected()];
    std::vector<std::string> items;
    for (std::size_t index = 0; index < entry.kernels.size(); ++index)
        items.push_back(entry.kernels[index].kernel + (index == entry.default_kernel ? "  [default]" : ""));
    paint.list(items, state.selected_kernel());
    paint.row(kStatusRow) = fit("Choose a kernel of " + entry.dataset + " for this boot.");
    paint.keys("Enter boot  E edit command line  Esc back");
}

void paint_edit(const State& state, Painter& paint) {
    const auto& entry = state.world().entries[state.selected()];
    paint.row(kListTop) = fit("Edit the command line of " + entry.dataset);
    paint.row(kListTop + 1) = fit("for " + entry.kernels[state.selected_kernel()].kernel + ", this boot only.");
    const auto window = state.editor().window(kWidth - 2);
    paint.row(kListTop + 3) = fit("> " + window.text);
    paint.row(kListTop + 5) = "root= and the hostid are added by the menu.";
    paint.keys("Enter boot  Esc back  Ctrl-A start  Ctrl-E end  Ctrl-U clear  Ctrl-W word");
    paint.cursor(kListTop + 3, 2 + window.cursor);
}

}  // namespace

Screen render(const State& state, const std::string& title) {
    Painter paint(title);
    switch (state.view()) {
        case View::list:
            paint_list(state, paint);
            break;
        case View::kernels:
            paint_kernels(state, paint);
            break;
        case View::edit:
            paint_edit(state, paint);
            break;
        case View::help:
            paint_help(paint);
            break;
        case View::power:
            paint.paragraph(kListTop, kKeysRow, {"P  power off", "R  reboot", "F  reboot into firmware setup"});
            paint.keys("Any other key goes back");
            break;
        case View::snapshots:
            paint_snapshots(state, paint);
            break;
        case View::confirm:
            paint_confirm(state, paint);
            break;
        case View::text:
            paint_text(state, paint);
            break;
        case View::passphrase:
            paint_passphrase(state, paint);
            break;
        case View::keyboard:
            paint_keyboard(state, paint);
            break;
        case View::working:
            paint.paragraph(kListTop, kKeysRow, state.message());
            break;
        case View::message:
            paint.paragraph(kListTop, kKeysRow, state.message());
            paint.keys("Any key goes back to the menu");
            break;
    }
    return paint.take();
}

std::string difference(const Screen& previous, const Screen& next) {
    const bool all = previous.rows.empty();
    std::string bytes = all ? "\x1b[0m\x1b[2J" : "";
    for (std::size_t index = 0; index < next.rows.size(); ++index)
        if (all || previous.rows[index] != next.rows[index])
            bytes += fmt::format("\x1b[{};1H{}\x1b[K", index + 1, next.rows[index]);
    if (next.cursor_shown)
        bytes += fmt::format("\x1b[{};{}H\x1b[?25h", next.cursor_row + 1, next.cursor_column + 1);
    else if (!bytes.empty() || previous.cursor_shown)
        bytes += fmt::format("\x1b[{};1H\x1b[?25l", next.rows.size());
    return bytes;
}

}  // namespace kld::menu
