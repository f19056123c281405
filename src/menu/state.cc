// SPDX-License-Identifier: BSD-3-Clause
#include "menu/state.h"

#include <algorithm>

#include "menu/list_keys.h"

namespace kld::menu {

Action State::press(const Key& key) {
    // Noise on a serial line is nobody at the keyboard.
    if (key.kind == KeyKind::raw && view_ != View::passphrase) return {};
    countdown_.reset();
    touched_ = true;
    notice_.clear();
    // The same key on every layout.
    if (key == Key{KeyKind::control, 'i'} && offers_keyboard()) {
        open_keyboard();
        return {};
    }
    switch (view_) {
        case View::list:
            return press_list(key);
        case View::kernels:
            return press_kernels(key);
        case View::edit:
            return press_edit(key);
        case View::power:
            return press_power(key);
        case View::snapshots:
            return press_snapshots(key);
        case View::confirm:
            return press_confirm(key);
        case View::text:
            return press_text(key);
        case View::passphrase:
            return press_passphrase(key);
        case View::keyboard:
            return press_keyboard(key);
        case View::working:
            return {};
        case View::help:
        case View::message:
            view_ = View::list;
            return {};
    }
    return {};
}

Action State::press_list(const Key& key) {
    if (move_in_list(key, world_.entries.size(), selected_)) return {};
    const char letter = command_of(key);
    if (letter == 'R') return {ActionKind::shell};
    if (letter == 'S') return {ActionKind::rescan};
    if (letter == 'Z') return {ActionKind::pool_status};
    if (letter == 'L') return {ActionKind::log};
    if (letter == 'P') view_ = View::power;
    if (letter == 'H' || letter == '?') view_ = View::help;
    if (world_.entries.empty()) return {};
    const auto& entry = world_.entries[selected_];
    if (key.kind == KeyKind::enter) return start();
    if (letter == 'D') return {ActionKind::set_default, selected_};
    if (entry.locked && (letter == 'K' || letter == 'E' || letter == 'B')) {
        ask_passphrase(letter);
        return {};
    }
    if (letter == 'K') {
        kernel_ = entry.default_kernel;
        view_ = View::kernels;
    }
    if (letter == 'E') edit(entry.default_kernel, View::list);
    if (letter == 'B') return {ActionKind::list_snapshots, selected_};
    return {};
}

Action State::press_kernels(const Key& key) {
    const auto& entry = world_.entries[selected_];
    if (move_in_list(key, entry.kernels.size(), kernel_)) return {};
    if (key.kind == KeyKind::enter) return boot(kernel_, entry.arguments);
    if (key.kind == KeyKind::escape || command_of(key) == 'Q') view_ = View::list;
    if (command_of(key) == 'E') edit(kernel_, View::kernels);
    return {};
}

Action State::press_edit(const Key& key) {
    if (key.kind == KeyKind::escape) {
        view_ = back_from_edit_;
        return {};
    }
    if (key.kind == KeyKind::enter) return boot(kernel_, editor_.text());
    editor_.press(key);
    return {};
}

Action State::press_power(const Key& key) {
    view_ = View::list;
    switch (command_of(key)) {
        case 'P':
            return {ActionKind::power_off};
        case 'R':
            return {ActionKind::reboot};
        case 'F':
            return {ActionKind::firmware};
        default:
            return {};
    }
}

void State::edit(std::size_t kernel, View back) {
    kernel_ = kernel;
    back_from_edit_ = back;
    editor_ = LineEditor(world_.entries[selected_].arguments);
    view_ = View::edit;
}

Action State::boot(std::size_t kernel, std::string arguments) const {
    return {ActionKind::boot, selected_, kernel, std::move(arguments)};
}

Action State::tick() {
    if (!awaited_.empty() && --patience_ == 0)
        show_message({std::exchange(awaited_, {}) + " is not listed; S searches again."});
    if (!countdown_) return {};
    if (*countdown_ > 0) --*countdown_;
    if (*countdown_ > 0) return {};
    countdown_.reset();
    return start();
}

void State::end_trial() {
    if (!world_.trial) return;
    const auto good = world_.trial->good;
    world_.trial.reset();
    world_.default_entry = good;
    if (!good) return;
    selected_ = *good;
    countdown_ = std::max(timeout_, 1);
}

Action State::start() {
    const auto& entry = world_.entries[selected_];
    if (!entry.locked) return boot(entry.default_kernel, entry.arguments);
    ask_passphrase(0);
    return {};
}

Action State::found(World world) {
    const bool had = selected_ < world_.entries.size();
    const auto before = had ? world_.entries[selected_] : Entry{};
    world_ = std::move(world);
    settled_ = true;
    const auto same = std::find(world_.entries.begin(), world_.entries.end(), before);
    const bool there = touched_ && had && same != world_.entries.end();
    selected_ = there ? static_cast<std::size_t>(same - world_.entries.begin()) : world_.default_entry.value_or(0);
    auto& view = view_ == View::keyboard ? back_from_keyboard_ : view_;
    const bool inside = view == View::kernels || view == View::edit;
    const bool about_it = inside || view == View::snapshots || view == View::confirm || view == View::passphrase;
    if (about_it && (!there || (inside && same->kernels.empty()))) view = View::list;
    if (there && !same->kernels.empty()) kernel_ = std::min(kernel_, same->kernels.size() - 1);
    if (!awaited_.empty()) return resume();
    if (!world_.default_entry) countdown_.reset();
    if (touched_ || countdown_ || !world_.default_entry || timeout_ < 0) return {};
    countdown_ = timeout_;
    return timeout_ == 0 ? tick() : Action{};
}

}  // namespace kld::menu
