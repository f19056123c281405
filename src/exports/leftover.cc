// SPDX-License-Identifier: BSD-3-Clause
#include "exports/leftover.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "zfs/names.h"
#include "zfs/properties.h"

namespace kld::exports {
namespace {

constexpr auto kLong = std::chrono::hours(24);
constexpr unsigned kTries = 10;

std::string lock_of(const std::string& work) {
    return work + "/lock";
}

std::string trim_minimum_of(const std::string& work) {
    return work + "/trim-minimum";
}

Result<Lock> lock(const std::string& work) {
    return Lock::try_take(lock_of(work), work + " is being made by another export");
}

/// What stands in the directory is done as root: it is believed only when nobody else can have written it.
bool is_private(const std::string& work) {
    struct stat info {};
    constexpr unsigned kOthersWrite = 022;
    return ::lstat(work.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
           (info.st_mode & kOthersWrite) == 0;
}

/// "rpool@kexport-20261127-040000"
bool is_note(const std::string& text, const std::string& pool) {
    const auto name = zfs::split_snapshot(text);
    return name.dataset == pool && name.snapshot.starts_with(std::string(zfs::kExporting) + "-") &&
           zfs::check_component(name.snapshot, "snapshot");
}

/// One that was killed before it noted down anything has made nothing but its lock.
Result<bool> of_no_consequence(Files& files, const std::string& work) {
    KLD_TRY(const auto names, files.list(work));
    if (names.size() != 1) return false;
    KLD_CHECK(files.remove(work));
    return true;
}

Status restore_trim_minimum(Files& files, const std::string& work) {
    if (!files.exists(trim_minimum_of(work))) return {};
    KLD_TRY(const auto value, files.read(trim_minimum_of(work)));
    return parse_number(value) ? files.overwrite(kTrimMinimum, value) : Status{};
}

Status take_back(Runner& runner, Files& files, const std::string& work, const std::string& snapshot,
                 const std::function<void()>& wait) {
    KLD_CHECK(export_pool(runner, snapshot.substr(snapshot.find('@') + 1), wait));
    KLD_TRY(const auto devices,
            runner.run({.argv = {"losetup", "--noheadings", "--output", "NAME", "--associated", work + "/disk.raw"}}));
    for (const auto& device : lines(devices.out)) KLD_CHECK(runner.run({.argv = {"losetup", "--detach", device}}));
    KLD_CHECK(restore_trim_minimum(files, work));
    const auto reason =
        runner.run({.argv = {"zfs", "get", "-H", "-o", "value,source", std::string(zfs::kReason), snapshot}});
    if (reason && trim(reason->out) == std::string(zfs::kExporting) + "\tlocal")
        KLD_CHECK(runner.run({.argv = {"zfs", "destroy", "-r", snapshot}, .timeout = kLong}));
    return files.remove(work);
}

}  // namespace

Result<Lock> take_work(Files& files, const std::string& work, const std::string& snapshot) {
    if (::mkdir(work.c_str(), 0700) != 0)
        return fail(Error{
            errno_error("cannot make " + work, errno).message, {}, "choose another name with -o", ExitCode::refused});
    KLD_TRY(auto taken, lock(work));
    KLD_CHECK(files.overwrite(lock_of(work), snapshot));
    return taken;
}

Status note_trim_minimum(Files& files, const std::string& work, const std::string& value) {
    return files.write(trim_minimum_of(work), value);
}

Status export_pool(Runner& runner, const std::string& pool, const std::function<void()>& wait) {
    for (unsigned tried = 1;; ++tried) {
        if (!runner.run({.argv = {"zpool", "list", "-H", "-o", "name", pool}})) return {};
        std::vector<std::string> argv{"zpool", "export", pool};
        if (tried == kTries) argv.insert(argv.begin() + 2, "-f");
        auto done = runner.run({.argv = std::move(argv)});
        if (done) return {};
        if (tried == kTries) return fail(std::move(done.error()));
        if (wait) wait();
    }
}

Result<bool> take_back_leftover(Runner& runner, Files& files, const std::string& work, const std::string& pool,
                                const std::function<void()>& wait) {
    if (!is_private(work) || files.kind(lock_of(work)) != FileKind::regular) return false;
    KLD_TRY(const auto held, lock(work));
    KLD_TRY(const auto snapshot, files.read(lock_of(work)));
    if (snapshot.empty()) return of_no_consequence(files, work);
    if (!is_note(snapshot, pool)) return false;
    if (auto done = take_back(runner, files, work, snapshot, wait); !done)
        return fail(std::move(done.error())
                        .within(fmt::format("an export to {} was killed, and what it left cannot be taken back", work))
                        .with_hint("what is in the way may be a program that uses " + snapshot + " or the pool " +
                                   snapshot.substr(snapshot.find('@') + 1)));
    return true;
}

}  // namespace kld::exports
