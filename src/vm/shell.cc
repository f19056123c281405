// SPDX-License-Identifier: BSD-3-Clause
#include "vm/shell.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::vm {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// The kernel's line discipline drops what is beyond 4095 bytes of a line, silently.
constexpr std::size_t kLongestCommand = 3500;

milliseconds left_until(Clock::time_point deadline) {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline - Clock::now()));
}

}  // namespace

Result<SerialShell> SerialShell::adopt(SerialConsole& console, milliseconds limit) {
    SerialShell shell(console);
    // No echo, no line editing, no kernel messages in between: what comes back is the command's output alone.
    KLD_TRY(const auto ready, shell.run("true", limit));
    static_cast<void>(ready);
    KLD_CHECK(
        console.send_line("stty -echo cols 200 2>/dev/null; export TERM=dumb PAGER=cat SYSTEMD_COLORS=0 "
                          "SYSTEMD_PAGER=; PS1='# '; PS2=; unset PROMPT_COMMAND"));
    KLD_CHECK(shell.run("dmesg -n 1 2>/dev/null", limit));
    return shell;
}

Result<SerialShell> SerialShell::login(SerialConsole& console, const std::string& user, const std::string& password,
                                       milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    const auto login_prompt = regex("login: ?$");
    KLD_CHECK(console.expect(login_prompt, limit));
    KLD_CHECK(console.send_line(user));
    for (;;) {
        KLD_TRY(const auto seen,
                console.expect({regex("[Pp]assword: ?$"), regex("Login (incorrect|timed out)|Permission denied"),
                                regex("[#$] $"), login_prompt},
                               left_until(deadline)));
        switch (seen.which) {
            case 0:
                KLD_CHECK(console.send_line(password));
                break;
            case 1:
                return fail(
                    fmt::format("login as '{}' on the serial console was refused: {}", user, seen.groups.at(0)));
            case 2:
                return adopt(console, left_until(deadline));
            default:
                KLD_CHECK(console.send_line(user));
        }
    }
}

Result<CommandResult> SerialShell::run(const std::string& command, milliseconds limit) {
    if (command.size() > kLongestCommand)
        return fail(fmt::format("command of {} bytes does not fit on a serial line ({} at most): {}...", command.size(),
                                kLongestCommand, command.substr(0, 60)),
                    "put it into a file in the image, or use ssh");
    const auto number = ++runs_;
    console_->skip_to_end();
    // The markers are put together by printf, so the terminal's echo of this line does not look like them.
    KLD_CHECK(console_->send_line(
        fmt::format("printf '\\n<%s>\\n' begin-{0}; ( {1}\n); printf '\\n<%s %d>\\n' end-{0} $?", number, command)));
    KLD_CHECK(console_->expect(text(fmt::format("<begin-{}>\n", number)), limit));
    const auto begin = console_->cursor();
    auto end = console_->expect(regex(fmt::format("<end-{} (\\d+)>", number)), limit);
    if (!end) return fail(std::move(end).error().within(fmt::format("running '{}'", command)));
    CommandResult result;
    KLD_TRY(const auto exit_code, parse_number(end->groups.at(1)));
    result.exit_code = static_cast<int>(exit_code);
    const auto marker = console_->cursor() - end->groups.at(0).size();
    result.output = console_->transcript().text().substr(begin, marker - begin);
    if (result.output.ends_with('\n')) result.output.pop_back();
    return result;
}

Result<std::string> SerialShell::check(const std::string& command, milliseconds limit) {
    KLD_TRY(auto result, run(command, limit));
    if (result.exit_code == 0) return std::move(result.output);
    Error error{fmt::format("in the machine: '{}' → exit {}", command, result.exit_code)};
    error.details = last_lines(result.output, 40);
    return fail(std::move(error));
}

}  // namespace kld::vm
