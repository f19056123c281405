// SPDX-License-Identifier: BSD-3-Clause
#include "menu/menu.h"

#include <fmt/core.h>
#include <poll.h>

#include <chrono>
#include <thread>

#include "base/text.h"
#include "menu/deadline.h"
#include "menu/handover.h"
#include "menu/kexec.h"
#include "menu/launcher.h"
#include "menu/log.h"
#include "menu/power.h"
#include "menu/trials.h"

namespace kld::menu {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLoadTime{120};
constexpr std::chrono::milliseconds kEscapeTime{80};  // an arrow key's bytes come closer together than this

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
// C++20 has it unwritten, clang only since its release 17.
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

constexpr const char* kNotStarted = "The kernel was not started:";

std::optional<FoundTrial> trial_of(const World& world, std::size_t entry) {
    if (!world.trial || world.trial->entry != entry) return std::nullopt;
    return world.trial->found;
}

std::vector<std::string> failure_lines(const std::string& what, const Error& error) {
    std::vector<std::string> text{what, "", error.message};
    text.insert(text.end(), error.details.begin(), error.details.end());
    return text;
}

}  // namespace

Menu::Menu(const Options& options, std::string title)
    : title_(std::move(title)),
      terminals_(open_terminals()),
      inbox_(std::make_shared<Inbox>()),
      keyring_(std::make_shared<Keyring>()),
      discovery_(inbox_, keyring_, options.prefer),
      keyboard_(files_, [this](const boot::Keymap& keymap) { return load_keymap(keymap); }),
      state_(options.timeout) {
    for (const auto& terminal : terminals_) log_line("terminal " + terminal.path());
    state_.keymaps(keyboard_.names());
}

void Menu::run() {
    discovery_.start();
    auto next_tick = Clock::now() + std::chrono::seconds(1);
    while (true) {
        draw();
        std::vector<pollfd> wait{{inbox_->fd(), POLLIN, 0}};
        bool escape = false;
        for (const auto& terminal : terminals_) {
            wait.push_back({terminal.fd(), static_cast<short>(POLLIN | (terminal.wants_to_write() ? POLLOUT : 0)), 0});
            escape = escape || terminal.escape_pending();
        }
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_tick - Clock::now());
        if (escape) left = std::min(left, kEscapeTime);
        const int ready = ::poll(wait.data(), wait.size(), static_cast<int>(std::max<long>(left.count(), 0)));
        for (auto& news : inbox_->take()) handle(std::move(news));
        for (std::size_t index = 0; ready > 0 && index < terminals_.size(); ++index) {
            if ((wait[index + 1].revents & POLLOUT) != 0) terminals_[index].flush();
            if ((wait[index + 1].revents & POLLIN) != 0) read_terminal(terminals_[index]);
        }
        if (ready == 0 && escape)
            for (auto& terminal : terminals_)
                for (const auto& key : terminal.flush_escape())
                    if (!loading_) act(state_.press(key), &terminal);
        if (Clock::now() >= next_tick) {
            next_tick = Clock::now() + std::chrono::seconds(1);
            if (!loading_) act(state_.tick(), nullptr);
        }
    }
}

void Menu::read_terminal(Terminal& terminal) {
    for (const auto& key : terminal.read_keys()) {
        if (loading_) continue;
        // Somebody has just come to this line, perhaps with a fresh terminal.
        if (key.kind != KeyKind::raw) terminal.forget_screen();
        act(state_.press(key), &terminal);
    }
}

void Menu::handle(News news) {
    std::visit(
        Overloaded{[&](Busy& busy) { state_.busy(std::move(busy.what)); },
                   [&](Found& found) {
                       const auto keymap = found.world.keymap;
                       const auto action = state_.found(std::move(found.world));
                       if (keyboard_.wanted(keymap)) keymap_set(keyboard_.configure(keymap));
                       if (!loading_) act(action, nullptr);
                   },
                   [&](Loaded&) { start_kernel(); },
                   [&](LoadFailed& failed) {
                       loading_ = false;
                       log_line("not started: " + failed.error.message);
                       state_.show_message(failure_lines(kNotStarted, failed.error));
                       if (failed.on_trial) state_.end_trial();
                   },
                   [&](SnapshotsFound& found) { state_.show_snapshots(found.environment, std::move(found.snapshots)); },
                   [&](TextReady& ready) { state_.show_text(std::move(ready.text)); },
                   [&](Changed& changed) {
                       if (!changed.environment.empty())
                           state_.await(std::move(changed.environment));
                       else
                           state_.notice(std::move(changed.notice));
                   },
                   [&](Unlocked&) { state_.unlocked(); },
                   [&](KeyRefused& refused) { state_.key_refused(refused.reason); },
                   [&](Failed& failed) {
                       log_line(failed.what + " " + failed.error.message);
                       state_.show_message(failure_lines(failed.what, failed.error));
                   }},
        news);
}

void Menu::act(const Action& action, Terminal* from) {
    switch (action.kind) {
        case ActionKind::none:
            return;
        case ActionKind::boot:
            return boot(action, from == nullptr);
        case ActionKind::rescan:
            return discovery_.rescan();
        case ActionKind::shell:
            if (from != nullptr) shell(*from);
            return;
        case ActionKind::list_snapshots:
            return list_snapshots(state_.world().entries[action.entry]);
        case ActionKind::clone:
            return clone(action);
        case ActionKind::set_default:
            return set_default(state_.world().entries[action.entry]);
        case ActionKind::unlock:
            return unlock(state_.world().entries[action.entry], action.passphrase);
        case ActionKind::set_keymap:
            return keymap_set(keyboard_.choose(action.keymap));
        case ActionKind::pool_status:
            return show_pools();
        case ActionKind::log:
        case ActionKind::kernel_log:
            return show_log(action.kind == ActionKind::kernel_log);
        case ActionKind::power_off:
        case ActionKind::reboot:
        case ActionKind::firmware:
            return power(action.kind);
    }
}

void Menu::boot(const Action& action, bool by_itself) {
    const auto& entry = state_.world().entries[action.entry];
    const auto& kernel = entry.kernels[action.kernel];
    // A person who chooses another kernel or command line tries it just the same.
    const auto trial = trial_of(state_.world(), action.entry);
    const auto command_line =
        final_command_line(entry, action.arguments + (trial ? trial_arguments(trial->record) : std::string()));
    loading_ = true;
    draw();
    say(fmt::format("Booting {} with {}\n{}", entry.dataset, kernel.kernel, command_line));
    const auto passphrase =
        can_hand_over(entry, action.arguments) ? keyring_->find(entry.encryption_root) : std::nullopt;
    std::thread([this, entry, kernel, command_line, passphrase, trial, by_itself] {
        // When discovery hangs on a dying disk, booting from another one must still be possible.
        const bool locked = discovery_.pools_mutex().try_lock_for(std::chrono::seconds(20));
        auto loaded = with_deadline<bool>("loading the kernel", kLoadTime,
                                          [entry, kernel, command_line, passphrase, trial]() -> Result<bool> {
                                              DeadlineRunner runner;
                                              if (trial)
                                                  KLD_CHECK(write_trial({one_less(trial->record), trial->partitions}));
                                              KLD_CHECK(load_entry(runner, entry, kernel, command_line, passphrase));
                                              return true;
                                          });
        if (locked) discovery_.pools_mutex().unlock();
        if (loaded)
            inbox_->put(Loaded{});
        else
            inbox_->put(LoadFailed{std::move(loaded.error()), trial && by_itself});
    }).detach();
}

void Menu::start_kernel() {
    for (auto& terminal : terminals_) terminal.flush();
    auto error = start_loaded_kernel();
    loading_ = false;
    discovery_.rescan();
    state_.show_message(failure_lines(kNotStarted, error));
}

void Menu::shell(Terminal& terminal) {
    for (auto& other : terminals_)
        other.say(fmt::format("A recovery shell is open on {}; `exit` there comes back here.", terminal.path()));
    Command shell{{"/init", "--terminal", terminal.path()}};
    shell.accept = [](int) { return true; };
    if (const auto ended = ProcessRunner().run(shell); !ended) state_.notice(ended.error().message);
    // The end of the shell's session hangs up its terminal: what was open there is dead.
    if (auto fresh = Terminal::open(terminal.path(), true)) terminal = std::move(*fresh);
    discovery_.rescan();
}

void Menu::power(ActionKind action) {
    say(action == ActionKind::power_off ? "Powering off" : "Rebooting");
    DeadlineRunner runner;
    release_pools(runner);
    state_.show_message({change_power(action).message});
    discovery_.rescan();
}

void Menu::draw() {
    if (loading_) return;
    const auto screen = render(state_, title_);
    for (auto& terminal : terminals_) terminal.draw(screen);
}

void Menu::say(const std::string& text) {
    for (auto& terminal : terminals_) terminal.say(text);
}

}  // namespace kld::menu
