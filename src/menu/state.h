// SPDX-License-Identifier: BSD-3-Clause
// The menu as a state machine: events in, a new state and at most one action out. Draws nothing and starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "menu/keys.h"
#include "menu/line_editor.h"
#include "menu/world.h"

namespace kld::menu {

enum class View { list, kernels, edit, power, help, message };

enum class ActionKind { none, boot, shell, rescan, power_off, reboot, firmware };

struct Action {
    ActionKind kind = ActionKind::none;
    std::size_t entry = 0;    ///< of `boot`
    std::size_t kernel = 0;   ///< of `boot`
    std::string arguments{};  ///< of `boot`
};

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
    /// A line for people, shown until the next key.
    void notice(std::string text) { notice_ = std::move(text); }

    View view() const { return view_; }
    const World& world() const { return world_; }
    bool settled() const { return settled_; }
    const std::string& busy_text() const { return busy_; }
    const std::string& notice_text() const { return notice_; }
    std::size_t selected() const { return selected_; }
    std::size_t selected_kernel() const { return kernel_; }
    const LineEditor& editor() const { return editor_; }
    const std::vector<std::string>& message() const { return message_; }
    /// Seconds left, or nothing when the menu waits for a person.
    std::optional<int> countdown() const { return countdown_; }

private:
    Action press_list(const Key& key);
    Action press_kernels(const Key& key);
    Action press_edit(const Key& key);
    Action press_power(const Key& key);
    Action boot(std::size_t kernel, std::string arguments) const;
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
};

}  // namespace kld::menu
