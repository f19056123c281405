// SPDX-License-Identifier: BSD-3-Clause
// Choosing the layout of the keyboard: a list that what is typed makes shorter.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "menu/list_keys.h"
#include "menu/state.h"

namespace kld::menu {
namespace {

/// True when the name, or a word of the description, begins so.
bool answers_to(const boot::KeymapName& keymap, const std::string& typed) {
    if (keymap.name.starts_with(typed)) return true;
    const auto description = words(lower_case(replace_all(keymap.description, "(", " ")));
    return std::any_of(description.begin(), description.end(),
                       [&](const std::string& word) { return word.starts_with(typed); });
}

}  // namespace

std::vector<boot::KeymapName> State::keymap_choices() const {
    std::vector<boot::KeymapName> choices;
    for (const auto& keymap : keymaps_)
        if (answers_to(keymap, keymap_typed_)) choices.push_back(keymap);
    // Who types the whole name means that one.
    std::stable_partition(choices.begin(), choices.end(),
                          [&](const boot::KeymapName& keymap) { return keymap.name == keymap_typed_; });
    return choices;
}

bool State::offers_keyboard() const {
    const bool typing = view_ == View::edit || view_ == View::passphrase;
    return !keymaps_.empty() && (typing || view_ == View::list);
}

void State::open_keyboard() {
    back_from_keyboard_ = std::exchange(view_, View::keyboard);
    keymap_typed_.clear();
    const auto at = std::find_if(keymaps_.begin(), keymaps_.end(),
                                 [&](const boot::KeymapName& keymap) { return keymap.name == keymap_; });
    keymap_choice_ = at == keymaps_.end() ? 0 : static_cast<std::size_t>(at - keymaps_.begin());
}

Action State::press_keyboard(const Key& key) {
    const auto choices = keymap_choices();
    // Letters and digits search here, so that they do not move.
    if (key.kind != KeyKind::text && move_in_list(key, choices.size(), keymap_choice_)) return {};
    if (key.kind == KeyKind::text || key.kind == KeyKind::backspace) {
        if (key.kind == KeyKind::text)
            keymap_typed_ += lower_case(std::string(1, key.text));
        else if (!keymap_typed_.empty())
            keymap_typed_.pop_back();
        keymap_choice_ = 0;
    }
    const bool takes = key.kind == KeyKind::enter && keymap_choice_ < choices.size();
    if (!takes && key.kind != KeyKind::escape) return {};
    view_ = back_from_keyboard_;
    if (!takes) return {};
    // What was typed before came from other keys than it seemed.
    passphrase_.clear();
    Action action{ActionKind::set_keymap};
    action.keymap = choices[keymap_choice_].name;
    return action;
}

}  // namespace kld::menu
