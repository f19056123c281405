// SPDX-License-Identifier: BSD-3-Clause
// The menu as a state machine: events in, a new state and at most one action out. Draws nothing and starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "boot/keymap.h"
#include "menu/action.h"
#include "menu/keys.h"
#include "menu/line_editor.h"
#include "menu/pager.h"
#include "menu/snapshots.h"
#include "menu/world.h"

namespace kld::menu {

enum class View { list, kernels, edit, power, help, message, working, snapshots, confirm, text, passphrase, keyboard };

class State {
public:
    /// @param timeout  seconds until the default boots: 0 = at once, negative = never by itself
    explicit State(int timeout) : timeout_(timeout) {}

    /// A key from any terminal. The first one stops the countdown.
    Action press(const Key& key);
    /// A second has passed.
    Action tick();
    /// Discovery has something new. The selection stays on its entry when a person chose it, else it follows the
    /// default.
    Action found(World world);
    /// Discovery goes on; the text says what it does ("looking for disks").
    void busy(std::string text) { busy_ = std::move(text); }
    /// Something to read before the menu goes on, e.g. why a kernel was refused.
    void show_message(std::vector<std::string> lines);
    /// Something is being done that takes a while; keys are ignored until a show_…(), notice() or await().
    void working(std::string text);
    /// What to go back to, newest first; not when another entry is selected meanwhile.
    void show_snapshots(const std::string& environment, std::vector<Snapshot> snapshots);
    /// Text to scroll in. @param more  the action of the key L in it
    void show_text(Pager text, ActionKind more = ActionKind::none);
    /// Boots this one as soon as discovery has it, and says so when that does not come.
    void await(std::string environment);
    /// The key of the entry that was asked for is loaded: goes on with what was wanted as soon as discovery has looked
    /// inside.
    void unlocked();
    /// It was not taken; three times end it.
    void key_refused(const std::string& reason);
    /// The layouts that the keyboard may have.
    void keymaps(std::vector<boot::KeymapName> names) { keymaps_ = std::move(names); }
    /// The layout that it has now.
    void keymap(std::string name) { keymap_ = std::move(name); }
    /// What was on trial cannot be started: the last good environment is the default again, and boots by itself after
    /// the countdown, whatever is on the screen. For a boot that nobody asked for.
    void end_trial();
    /// A line for people, shown over the list until the next key.
    void notice(std::string text);

    View view() const { return view_; }
    const World& world() const { return world_; }
    bool settled() const { return settled_; }
    const std::string& busy_text() const { return busy_; }
    const std::string& notice_text() const { return notice_; }
    std::size_t selected() const { return selected_; }
    std::size_t selected_kernel() const { return kernel_; }
    const LineEditor& editor() const { return editor_; }
    const std::vector<std::string>& message() const { return message_; }
    const std::vector<Snapshot>& snapshots() const { return snapshots_; }
    std::size_t selected_snapshot() const { return snapshot_; }
    const Pager& text() const { return text_; }
    ActionKind more() const { return more_; }
    int tries_left() const { return tries_; }
    const std::string& refusal() const { return refusal_; }
    const std::string& keymap() const { return keymap_; }
    /// Of the layouts those that what was typed leaves over.
    std::vector<boot::KeymapName> keymap_choices() const;
    std::size_t selected_keymap() const { return keymap_choice_; }
    const std::string& keymap_typed() const { return keymap_typed_; }
    /// Seconds left, or nothing when the menu waits for a person.
    std::optional<int> countdown() const { return countdown_; }

private:
    Action press_list(const Key& key);
    Action press_kernels(const Key& key);
    Action press_edit(const Key& key);
    Action press_power(const Key& key);
    Action press_snapshots(const Key& key);
    Action press_confirm(const Key& key);
    Action press_text(const Key& key);
    Action press_passphrase(const Key& key);
    Action press_keyboard(const Key& key);
    bool offers_keyboard() const;
    void open_keyboard();
    Action boot(std::size_t kernel, std::string arguments) const;
    Action resume();
    bool selected_is(const std::string& environment) const;
    /// Boots the selected entry as it is by default, after its passphrase when it is locked.
    Action start();
    /// @param then  the command that needs the key, 0 for booting
    void ask_passphrase(char then);
    void edit(std::size_t kernel, View back);

    int timeout_;
    View view_ = View::list;
    View back_from_edit_ = View::list;
    World world_;
    bool settled_ = false;
    bool touched_ = false;  // a person is there: nothing boots by itself any more
    std::size_t selected_ = 0;
    std::size_t kernel_ = 0;
    std::optional<int> countdown_;
    LineEditor editor_;
    std::string busy_ = "starting";
    std::string notice_;
    std::vector<std::string> message_;
    std::vector<Snapshot> snapshots_;
    std::size_t snapshot_ = 0;
    Pager text_;
    ActionKind more_ = ActionKind::none;
    Secret passphrase_;
    std::string unlocking_;
    char then_ = 0;  // the command to go on with; 0 boots
    int tries_ = 0;
    std::string refusal_;
    std::vector<boot::KeymapName> keymaps_;
    std::string keymap_ = boot::kKernelKeymap;
    std::string keymap_typed_;
    std::size_t keymap_choice_ = 0;
    View back_from_keyboard_ = View::list;
    std::string awaited_;
    int patience_ = 0;
};

}  // namespace kld::menu
