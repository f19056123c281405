// SPDX-License-Identifier: BSD-3-Clause
// The loop that draws the menu on all terminals and does what it is told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "menu/changes.h"
#include "menu/discovery.h"
#include "menu/inbox.h"
#include "menu/keyboard.h"
#include "menu/options.h"
#include "menu/state.h"
#include "menu/terminals.h"

namespace kld::menu {

class Menu {
public:
    /// @param title  for render()
    Menu(const Options& options, std::string title);
    /// Never returns while the machine runs.
    void run();

private:
    void handle(News news);
    void act(const Action& action, Terminal* from);
    /// @param by_itself  nobody is there who would choose something else
    void boot(const Action& action, bool by_itself);
    void start_kernel();
    /// What takes a while runs in a thread of its own and ends in news.
    void work(std::string what, std::function<News()> task);
    void list_snapshots(const Entry& entry);
    void show_pools();
    void show_log(bool kernel_too);
    /// Changes the entry's pool: nobody else touches pools meanwhile, and discovery looks again afterwards.
    void change(const Entry& entry, std::string what, std::string failure,
                std::function<Result<Changed>(Runner&, const WhileWritable&)> change);
    void clone(const Action& action);
    void set_default(const Entry& entry);
    void unlock(const Entry& entry, Secret passphrase);
    Status load_keymap(const boot::Keymap& keymap) const;
    /// Says what came of it.
    void keymap_set(const Status& done);
    void shell(Terminal& terminal);
    void power(ActionKind action);
    void draw();
    void say(const std::string& text);
    void read_terminal(Terminal& terminal);

    std::string title_;
    std::vector<Terminal> terminals_;
    std::shared_ptr<Inbox> inbox_;
    std::shared_ptr<Keyring> keyring_;
    Discovery discovery_;
    RealFiles files_;
    Keyboard keyboard_;
    State state_;
    bool loading_ = false;
};

}  // namespace kld::menu
