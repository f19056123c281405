// SPDX-License-Identifier: BSD-3-Clause
// The views that come over the list: messages, snapshots, text to scroll in, passphrases.
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

bool State::selected_is(const std::string& environment) const {
    return selected_ < world_.entries.size() && world_.entries[selected_].dataset == environment;
}

void State::show_snapshots(const std::string& environment, std::vector<Snapshot> snapshots) {
    if (!selected_is(environment)) return notice(environment + " is not there any more.");
    if (snapshots.empty()) return notice(environment + " has no snapshot to go back to.");
    snapshots_ = std::move(snapshots);
    snapshot_ = 0;
    view_ = View::snapshots;
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
    then_ = 0;
    patience_ = kPatience;
}

Action State::resume() {
    const auto at = std::find_if(world_.entries.begin(), world_.entries.end(),
                                 [&](const Entry& entry) { return entry.dataset == awaited_; });
    if (at == world_.entries.end() || at->locked) return {};
    awaited_.clear();
    view_ = View::list;
    selected_ = static_cast<std::size_t>(at - world_.entries.begin());
    if (then_ != 0) return press_list({KeyKind::text, then_});
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

void State::ask_passphrase(char then) {
    touched_ = true;
    countdown_.reset();
    unlocking_ = world_.entries[selected_].dataset;
    then_ = then;
    tries_ = 3;
    refusal_.clear();
    passphrase_.clear();
    view_ = View::passphrase;
}

void State::unlocked() {
    const char then = then_;
    await(unlocking_);
    then_ = then;
}

void State::key_refused(const std::string& reason) {
    refusal_ = reason;
    if (--tries_ == 0 || !selected_is(unlocking_)) return show_message({unlocking_ + " stays locked:", "", reason});
    view_ = View::passphrase;
}

Action State::press_passphrase(const Key& key) {
    if (key.kind == KeyKind::text || key.kind == KeyKind::raw) passphrase_.append(key.text);
    if (key.kind == KeyKind::backspace) passphrase_.erase_last();
    if (key == Key{KeyKind::control, 'u'}) passphrase_.clear();
    if (key.kind == KeyKind::escape) {
        passphrase_.clear();
        view_ = View::list;
    }
    if (key.kind != KeyKind::enter) return {};
    Action action{ActionKind::unlock, selected_};
    action.passphrase = std::move(passphrase_);
    return action;
}

Action State::press_text(const Key& key) {
    if (text_.press(key)) return {};
    if (command_of(key) == 'L') return {more_};
    if (key.kind == KeyKind::escape || key.kind == KeyKind::enter || command_of(key) == 'Q') view_ = View::list;
    return {};
}

}  // namespace kld::menu
