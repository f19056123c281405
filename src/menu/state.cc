// SPDX-License-Identifier: BSD-3-Clause
#include "menu/state.h"

#include <algorithm>
#include <cctype>

namespace kld::menu {
namespace {

/// Moves an index with the arrow keys, j and k, pages and digits. @returns false for any other key
bool move(const Key& key, std::size_t count, std::size_t& index) {
    const auto step = [&](long by) {
        if (count == 0) return true;
        index =
            static_cast<std::size_t>(std::clamp<long>(static_cast<long>(index) + by, 0, static_cast<long>(count) - 1));
        return true;
    };
    if (key.kind == KeyKind::up || key == Key{KeyKind::text, 'k'}) return step(-1);
    if (key.kind == KeyKind::down || key == Key{KeyKind::text, 'j'}) return step(1);
    if (key.kind == KeyKind::page_up) return step(-8);
    if (key.kind == KeyKind::page_down) return step(8);
    if (key.kind == KeyKind::home) return step(-static_cast<long>(count));
    if (key.kind == KeyKind::end) return step(static_cast<long>(count));
    if (key.kind != KeyKind::text || key.text < '1' || key.text > '9') return false;
    const auto wanted = static_cast<std::size_t>(key.text - '1');
    if (wanted < count) index = wanted;
    return true;
}

/// Letters are commands in either case, but "k" moves: the kernel list is K.
char command(const Key& key) {
    if (key.kind != KeyKind::text || key.text == 'k') return 0;
    return static_cast<char>(std::toupper(static_cast<unsigned char>(key.text)));
}

}  // namespace

Action State::press(const Key& key) {
    countdown_.reset();
    touched_ = true;
    notice_.clear();
    switch (view_) {
        case View::list:
            return press_list(key);
        case View::kernels:
            return press_kernels(key);
        case View::edit:
            return press_edit(key);
        case View::power:
            return press_power(key);
        case View::help:
        case View::message:
            view_ = View::list;
            return {};
    }
    return {};
}

Action State::press_list(const Key& key) {
    if (move(key, world_.entries.size(), selected_)) return {};
    const char letter = command(key);
    if (letter == 'R') return {ActionKind::shell};
    if (letter == 'S') return {ActionKind::rescan};
    if (letter == 'P') view_ = View::power;
    if (letter == 'H' || letter == '?') view_ = View::help;
    if (world_.entries.empty()) return {};
    const auto& entry = world_.entries[selected_];
    if (key.kind == KeyKind::enter) return boot(entry.default_kernel, entry.arguments);
    if (letter == 'K') {
        kernel_ = entry.default_kernel;
        view_ = View::kernels;
    }
    if (letter == 'E') edit(entry.default_kernel, View::list);
    return {};
}

Action State::press_kernels(const Key& key) {
    const auto& entry = world_.entries[selected_];
    if (move(key, entry.kernels.size(), kernel_)) return {};
    if (key.kind == KeyKind::enter) return boot(kernel_, entry.arguments);
    if (key.kind == KeyKind::escape || command(key) == 'Q') view_ = View::list;
    if (command(key) == 'E') edit(kernel_, View::kernels);
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
    switch (command(key)) {
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
    if (!countdown_) return {};
    if (*countdown_ > 0) --*countdown_;
    if (*countdown_ > 0) return {};
    countdown_.reset();
    const auto& entry = world_.entries[selected_];
    return boot(entry.default_kernel, entry.arguments);
}

Action State::found(World world) {
    const bool had = selected_ < world_.entries.size();
    const auto before = had ? world_.entries[selected_] : Entry{};
    world_ = std::move(world);
    settled_ = true;
    const auto same = std::find(world_.entries.begin(), world_.entries.end(), before);
    const bool keep = touched_ && had && same != world_.entries.end();
    selected_ = keep ? static_cast<std::size_t>(same - world_.entries.begin()) : world_.default_entry.value_or(0);
    if (keep)
        kernel_ = std::min(kernel_, world_.entries[selected_].kernels.size() - 1);
    else if (view_ == View::kernels || view_ == View::edit)
        view_ = View::list;
    if (!world_.default_entry) countdown_.reset();
    if (touched_ || countdown_ || !world_.default_entry || timeout_ < 0) return {};
    countdown_ = timeout_;
    return timeout_ == 0 ? tick() : Action{};
}

void State::show_message(std::vector<std::string> lines) {
    countdown_.reset();
    touched_ = true;
    message_ = std::move(lines);
    view_ = View::message;
}

}  // namespace kld::menu
