// SPDX-License-Identifier: BSD-3-Clause
// The one gate for child programs.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld {

/// Which exit codes count as success.
using Accept = std::function<bool(int exit_code)>;
inline bool exit_zero(int exit_code) {
    return exit_code == 0;
}

struct Command {
    std::vector<std::string> argv;      ///< never a shell string; argv[0] is looked up in PATH
    std::string input{};                ///< bytes for stdin
    std::chrono::seconds timeout{600};  ///< then the whole process group is ended
    std::chrono::seconds grace{10};     ///< how long after SIGTERM comes SIGKILL; 0: at once
    Accept accept = exit_zero;
    std::vector<std::string> environment{};                  ///< "NAME=value", added to ours; LC_ALL=C is always set
    int stdin_fd = -1;                                       ///< when set, the child's stdin; `input` must be empty
    int stdout_fd = -1;                                      ///< when set, the child's stdout; Output::out stays empty
    std::function<void(std::string_view)> on_stderr_line{};  ///< told each line of stderr as it comes
    std::vector<int> pass_fds{};                             ///< kept open in the child under the same numbers
    bool gives_fds = false;                   ///< stdin_fd and stdout_fd are closed here once the child has them
    const std::atomic<bool>* stop = nullptr;  ///< once true the process group is ended, and that is an error
};

struct Output {
    int exit_code = 0;
    std::string out{};
    std::string err{};
};

class Runner {
public:
    virtual ~Runner() = default;
    /// Runs the program and waits for it.
    /// @returns stdout and stderr; an error carries argv as a line to paste, exit code or signal, and the last lines of
    /// stderr.
    virtual Result<Output> run(const Command& command) = 0;
    /// Runs programs that do not depend on each other: at once where the runner can, else one after another.
    /// @returns a result for each, in the order of the commands
    virtual std::vector<Result<Output>> run_all(const std::vector<Command>& commands);
    /// Runs both at once, with what the first prints as the input of the second, where the runner can; else one after
    /// the other. The error tells of both when both failed.
    virtual Status run_piped(const Command& from, const Command& into);
};

/// The Runner that really starts programs. No shell, own process group, killed when this process dies.
class ProcessRunner final : public Runner {
public:
    Result<Output> run(const Command& command) override;
    std::vector<Result<Output>> run_all(const std::vector<Command>& commands) override;
    Status run_piped(const Command& from, const Command& into) override;
};

/// A program in the background, for QEMU and servers of tests. Killed with its process group when destroyed.
class Background {
public:
    /// @param log_fd  the child's stdout and stderr
    static Result<Background> start(const std::vector<std::string>& argv, int log_fd,
                                    const std::vector<int>& pass_fds = {});
    Background(Background&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Background& operator=(Background&& other) noexcept;
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;
    ~Background();

    /// -1 once the program is known to have ended: never hand it to kill(2), which would take it for every process.
    int pid() const { return pid_; }
    /// True while the program runs; reaps it when it has ended.
    bool running();
    /// Waits until it has ended. @returns false when the time is up
    bool wait(std::chrono::milliseconds limit);
    /// Sends a signal to the program alone, not to its group; nothing when it has ended.
    void send_signal(int number);
    /// SIGTERM to the group, SIGKILL after five seconds.
    void stop();
    /// Leaves the program running when this object goes.
    void release() { pid_ = -1; }

private:
    explicit Background(int pid) : pid_(pid) {}
    int pid_ = -1;
};

/// True while a process of that number exists, ours or another's.
bool process_exists(int pid);

/// Asks a process that is not our child to end (SIGTERM). A number that stands for more than one process is an error.
Status terminate_process(int pid);

/// A program on this one's own terminal.
struct Foreground {
    std::vector<std::string> argv;
    std::vector<std::string> environment{};  ///< "NAME=value", added to ours
    int stdout_fd = -1;                      ///< when set, the child's stdout
    /// It is not killed when this process dies: a package manager in the middle of its work.
    bool outlives_us = false;
};

/// Runs it in this process's group and locale, and waits; an interrupt from the terminal is left to it.
/// @returns its exit code, 128 and the signal's number when a signal ended it; an error when it could not be started
Result<int> run_in_foreground(const Foreground& command);

/// Replaces this process: for recovery shells and logins on a console. Returns only when it failed.
Error replace_process(const std::vector<std::string>& argv);

/// The error for a command that ended badly, as Runner::run gives it.
Error command_error(const Command& command, const std::string& what, const std::string& stderr_text);

}  // namespace kld
