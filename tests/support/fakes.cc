// SPDX-License-Identifier: BSD-3-Clause
#include "support/fakes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/text.h"

namespace kld::test {

Result<std::string> FakeFiles::read(const std::string& path) {
    if (const auto bad = broken.find(path); bad != broken.end()) return fail(bad->second);
    const auto at = entries.find(path);
    if (at == entries.end()) return fail(errno_error("cannot open " + path, ENOENT));
    return at->second.bytes;
}

Status FakeFiles::write(const std::string& path, std::string_view bytes, unsigned mode) {
    if (const auto bad = broken.find(path); bad != broken.end()) return fail(bad->second);
    entries[path] = {std::string(bytes), mode};
    return {};
}

Status FakeFiles::overwrite(const std::string& path, std::string_view bytes) {
    return write(path, bytes, 0600);
}

Status FakeFiles::append(const std::string& path, std::string_view bytes) {
    const auto known = entries.find(path);
    return write(path, (known == entries.end() ? "" : known->second.bytes) + std::string(bytes), 0644);
}

Result<std::vector<std::string>> FakeFiles::list(const std::string& path) {
    if (kind(path) != FileKind::directory) return fail(errno_error("cannot list " + path, ENOENT));
    std::vector<std::string> names;
    const auto collect = [&](const auto& map) {
        for (const auto& [known, ignored] : map)
            if (known.starts_with(path + "/")) names.push_back(split(known.substr(path.size() + 1), '/').front());
    };
    collect(entries);
    collect(directories_);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

FileKind FakeFiles::kind(const std::string& path) {
    if (entries.contains(path)) return FileKind::regular;
    const auto below = [&](const auto& map) {
        return std::any_of(map.begin(), map.end(),
                           [&](const auto& item) { return item.first.starts_with(path + "/"); });
    };
    if (directories_.contains(path) || below(entries) || below(directories_)) return FileKind::directory;
    return FileKind::none;
}

Status FakeFiles::make_directories(const std::string& path) {
    directories_[path] = true;
    return {};
}

Status FakeFiles::remove(const std::string& path) {
    if (const auto bad = stuck.find(path); bad != stuck.end()) return fail(bad->second);
    const auto gone = [&](const auto& item) { return item.first == path || item.first.starts_with(path + "/"); };
    std::erase_if(entries, gone);
    std::erase_if(directories_, gone);
    return {};
}

Status FakeFiles::rename(const std::string& from, const std::string& to) {
    const auto at = entries.find(from);
    if (at == entries.end()) return fail(errno_error("cannot rename " + from, ENOENT));
    entries[to] = at->second;
    entries.erase(from);
    return {};
}

Status FakeFiles::exchange(const std::string& first, const std::string& second) {
    if (!can_exchange) return fail(errno_error("cannot swap " + first + " and " + second, EINVAL));
    const auto left = entries.find(first), right = entries.find(second);
    if (left == entries.end() || right == entries.end()) return fail(errno_error("cannot swap " + first, ENOENT));
    std::swap(left->second, right->second);
    return {};
}

Status FakeFiles::flush(const std::string&) {
    return {};
}

Result<Lock> FakeFiles::lock(const std::string& path) {
    locked.push_back(path);
    if (while_waiting) while_waiting();
    return Lock();
}

ReplayRunner::~ReplayRunner() {
    for (const auto& left : expected_) ADD_FAILURE() << "never run: " << shell_line(left.argv);
}

void ReplayRunner::expect(std::vector<std::string> argv, std::string out, int exit_code, std::string err) {
    expected_.push_back({std::move(argv), {exit_code, std::move(out), std::move(err)}});
}

Result<Output> ReplayRunner::run(const Command& command) {
    ran.push_back(command);
    if (expected_.empty() || expected_.front().argv != command.argv) {
        ADD_FAILURE() << "not expected: " << shell_line(command.argv)
                      << "\nexpected next: " << (expected_.empty() ? "nothing" : shell_line(expected_.front().argv));
        return fail("not expected");
    }
    auto output = std::move(expected_.front().output);
    expected_.pop_front();
    if (!command.accept(output.exit_code))
        return fail(command_error(command, "exit " + std::to_string(output.exit_code), output.err));
    return output;
}

void expect_golden(const std::string& name, const std::string& actual) {
    const auto path = std::string(KLD_TEST_DATA) + "/" + name;
    RealFiles files;
    if (const char* accept = std::getenv("KLD_ACCEPT"); accept != nullptr && std::string(accept) == "1") {
        ASSERT_TRUE(files.make_directories(path.substr(0, path.rfind('/'))));
        ASSERT_TRUE(files.write(path, actual));
        GTEST_SKIP() << "rewrote " << path;
    }
    const auto golden = files.read(path);
    ASSERT_TRUE(golden.has_value()) << render(golden.error()) << "KLD_ACCEPT=1 writes it";
    EXPECT_EQ(*golden, actual) << "KLD_ACCEPT=1 rewrites " << path;
}

}  // namespace kld::test
