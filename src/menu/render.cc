// SPDX-License-Identifier: BSD-3-Clause
#include "menu/render.h"

#include <fmt/core.h>

#include <algorithm>

namespace kld::menu {
namespace {

constexpr std::size_t kWidth = kColumns - 1;  // the last column would scroll some terminals
constexpr std::size_t kListTop = 2;
constexpr std::size_t kListRows = 11;
constexpr std::size_t kStatusRow = kRows - 3;
constexpr std::size_t kKeysRow = kRows - 1;

/// Cut to the width, and nothing but printable ASCII: names come from disks that anybody may have written.
std::string fit(std::string text, std::size_t width = kWidth) {
    for (char& c : text)
        if (c < 0x20 || c > 0x7e) c = '?';
    if (text.size() > width) {
        text.resize(width);
        text.back() = '~';
    }
    return text;
}

class Painter {
public:
    explicit Painter(const std::string& title) {
        screen_.rows.resize(kRows);
        row(0) = fit(fmt::format("{:<{}}{}", "kldload boot menu", kWidth - std::min(title.size(), kWidth - 18), title));
    }
    std::string& row(std::size_t index) { return screen_.rows[index]; }
    void keys(std::string_view text) { row(kKeysRow) = fit(std::string(text)); }

    /// Rows of a list with the cursor, scrolled so that the selection is seen.
    void list(const std::vector<std::string>& items, std::size_t selected) {
        const auto first = selected < kListRows ? 0 : selected - kListRows + 1;
        for (std::size_t index = first; index < std::min(items.size(), first + kListRows); ++index)
            row(kListTop + index - first) =
                fit(fmt::format("{}{:>3}  {}", index == selected ? '>' : ' ', index + 1, items[index]));
    }
    /// Long lines are broken between words.
    void paragraph(std::size_t top, std::size_t bottom, const std::vector<std::string>& text) {
        for (const auto& line : text) {
            auto rest = line;
            do {
                auto end = rest.size();
                if (end > kWidth) {
                    const auto blank = rest.rfind(' ', kWidth);
                    end = blank == std::string::npos || blank == 0 ? kWidth : blank;
                }
                if (top < bottom) row(top++) = fit(rest.substr(0, end));
                rest.erase(0, rest.find_first_not_of(' ', end));
            } while (!rest.empty());
        }
    }
    Screen& screen() { return screen_; }

private:
    Screen screen_;
};

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

void paint_list(const State& state, Painter& paint) {
    const auto& world = state.world();
    std::vector<std::string> items;
    for (std::size_t index = 0; index < world.entries.size(); ++index) {
        const auto& entry = world.entries[index];
        items.push_back(fmt::format("{:<30} {:<26} {}", entry.dataset, entry.kernels[entry.default_kernel].version,
                                    world.default_entry == index ? "[default]" : ""));
    }
    paint.list(items, state.selected());
    if (!items.empty()) {
        const auto& entry = world.entries[state.selected()];
        paint.row(kStatusRow - 2) = fit("     " + (entry.system.empty() ? entry.dataset : entry.system));
    }
    const auto shown = std::min(items.size(), kListRows);
    paint.paragraph(kListTop + shown + (shown > 0 ? 1 : 0), kStatusRow - 2, world.problems);
    paint.row(kStatusRow) = fit(status(state));
    paint.keys(items.empty() ? "R shell  S search again  P power  H help"
                             : "Enter boot  K kernels  E edit command line  R shell  S search  P power  H help");
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
    paint.screen().cursor_shown = true;
    paint.screen().cursor_row = kListTop + 3;
    paint.screen().cursor_column = 2 + window.cursor;
}

void paint_help(Painter& paint) {
    paint.paragraph(
        kListTop, kKeysRow,
        {"Up Down j k 1-9  move", "Enter            boot the boot environment with its default kernel",
         "K                choose another kernel of the boot environment, for this boot",
         "E                edit the kernel command line, for this boot",
         "R                recovery shell on this terminal; `exit` comes back",
         "S                search again for disks and pools", "P                power off, reboot, firmware setup", "",
         "The default is the pool's bootfs property. A boot environment is a dataset with",
         "mountpoint=/ (org.zfsbootmenu:active=off hides it) and a kernel with its",
         "initramfs in /boot. Pools are imported read-only."});
    paint.keys("Any key goes back");
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
        case View::message:
            paint.paragraph(kListTop, kKeysRow, state.message());
            paint.keys("Any key goes back to the menu");
            break;
    }
    return std::move(paint.screen());
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
