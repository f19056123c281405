// SPDX-License-Identifier: BSD-3-Clause
// In-memory stand-ins for the three seams: Files, Runner and Events.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"

namespace kld::test {

/// A file system in memory. Directories exist by being a prefix of a file or by being made.
class FakeFiles final : public Files {
public:
    struct Entry {
        std::string bytes;
        unsigned mode = 0644;
    };
    std::map<std::string, Entry> entries;
    std::map<std::string, Error> broken;  ///< reading or writing such a path fails so
    std::map<std::string, Error> stuck;   ///< removing such a path fails so

    Result<std::string> read(const std::string& path) override;
    Status write(const std::string& path, std::string_view bytes, unsigned mode) override;
    Status overwrite(const std::string& path, std::string_view bytes) override;
    Status append(const std::string& path, std::string_view bytes) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    FileKind kind(const std::string& path) override;
    Status make_directories(const std::string& path) override;
    Status remove(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status exchange(const std::string& first, const std::string& second) override;
    Status flush(const std::string& directory) override;
    /// Notes the path among `locked`. What another process did while it was waited for is `while_waiting`.
    Result<Lock> lock(const std::string& path) override;
    bool can_exchange = true;
    std::vector<std::string> locked;
    std::function<void()> while_waiting;

private:
    std::map<std::string, bool> directories_;
};

/// Answers commands in the order they were expected. A command that was not expected fails the test, and so does an
/// expectation that nobody asked for when the object goes.
class ReplayRunner final : public Runner {
public:
    ~ReplayRunner() override;
    void expect(std::vector<std::string> argv, std::string out = {}, int exit_code = 0, std::string err = {});
    Result<Output> run(const Command& command) override;
    std::vector<Command> ran;

private:
    struct Expectation {
        std::vector<std::string> argv;
        Output output;
    };
    std::deque<Expectation> expected_;
};

/// Keeps what it was told, one line each: "stage NAME", "note TEXT", "warning TEXT", "finish".
class CaptureEvents final : public Events {
public:
    std::vector<std::string> told;
    std::uint64_t last_bytes = 0;
    void stage(std::string_view name) override { told.push_back("stage " + std::string(name)); }
    void progress(double, std::uint64_t bytes) override { last_bytes = bytes; }
    void note(std::string_view text) override { told.push_back("note " + std::string(text)); }
    void warning(std::string_view text) override { told.push_back("warning " + std::string(text)); }
    void finish() override { told.emplace_back("finish"); }
};

/// Compares with the golden file tests/data/<name>; KLD_ACCEPT=1 rewrites it and skips the test.
void expect_golden(const std::string& name, const std::string& actual);

}  // namespace kld::test
