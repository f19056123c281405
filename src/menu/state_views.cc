// SPDX-License-Identifier: BSD-3-Clause
// The views that come over the list: messages, snapshots, text to scroll in.
#include <algorithm>
#include <utility>

#include "menu/list_keys.h"
#include "menu/state.h"

namespace kld::menu {

void State::show_message(std::vector<std::string> lines) {
    countdown_.reset();
    touched_ = true;
    awaited_.clear();
    message_ = std::move(lines);
    view_ = View::message;
}

void State::working(std::string text) {
    countdown_.reset();
    touched_ = true;
    message_ = {std::move(text)};
    view_ = View::working;
}

void State::notice(std::string text) {
    if (view_ == View::working) view_ = View::list;
    notice_ = std::move(text);
}

void State::show_snapshots(std::vector<Snapshot> snapshots) {
    snapshots_ = std::move(snapshots);
    snapshot_ = 0;
    view_ = View::snapshots;
    if (snapshots_.empty()) notice("There is no snapshot to go back to.");
    if (snapshots_.empty()) view_ = View::list;
}

void State::show_text(Pager text, ActionKind more) {
    text_ = std::move(text);
    more_ = more;
    view_ = View::text;
}

void State::await(std::string environment) {
    constexpr int kPatience = 60;  // seconds for searching all disks
    working("Waiting for " + environment + " ...");
    awaited_ = std::move(environment);
    patience_ = kPatience;
}

Action State::boot_awaited() {
    const auto at = std::find_if(world_.entries.begin(), world_.entries.end(),
                                 [&](const Entry& entry) { return entry.dataset == awaited_; });
    if (at == world_.entries.end()) return {};
    awaited_.clear();
    view_ = View::list;
    selected_ = static_cast<std::size_t>(at - world_.entries.begin());
    return boot(at->default_kernel, at->arguments);
}

Action State::press_snapshots(const Key& key) {
    if (move_in_list(key, snapshots_.size(), snapshot_)) return {};
    if (key.kind == KeyKind::enter) view_ = View::confirm;
    if (key.kind == KeyKind::escape || command_of(key) == 'Q') view_ = View::list;
    return {};
}

Action State::press_confirm(const Key& key) {
    const bool make_default = command_of(key) == 'D';
    if (key.kind == KeyKind::escape || command_of(key) == 'Q') view_ = View::snapshots;
    if (key.kind != KeyKind::enter && !make_default) return {};
    Action action{ActionKind::clone, selected_};
    action.snapshot = snapshots_[snapshot_].name;
    action.make_default = make_default;
    return action;
}

Action State::press_text(const Key& key) {
    if (text_.press(key)) return {};
    if (command_of(key) == 'L') return {more_};
    if (key.kind == KeyKind::escape || key.kind == KeyKind::enter || command_of(key) == 'Q') view_ = View::list;
    return {};
}

}  // namespace kld::menu
