// SPDX-License-Identifier: BSD-3-Clause
// The seam for small files: configuration, keys, sysfs. Large data goes through Fd.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/lock.h"
#include "base/result.h"

namespace kld {

enum class FileKind { none, regular, directory, symlink, other };

class Files {
public:
    virtual ~Files() = default;
    /// The whole file. The error names the path.
    virtual Result<std::string> read(const std::string& path) = 0;
    /// Writes beside `path`, flushes, renames: a reader sees the old or the new content, never half. Who is killed in
    /// between leaves "<path>.<process>.partial". Parents must exist.
    virtual Status write(const std::string& path, std::string_view bytes, unsigned mode = 0644) = 0;
    /// Writes into the file itself, flushed: one of the same size keeps its place on the disk. For file systems where
    /// each name costs; an interruption leaves a part.
    virtual Status overwrite(const std::string& path, std::string_view bytes) = 0;
    /// Adds to the end of the file in one write, flushed; a file that is not there is made.
    virtual Status append(const std::string& path, std::string_view bytes) = 0;
    /// Names in the directory, sorted, without "." and "..".
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
    /// What lies at `path`, links not followed; `none` when nothing does.
    virtual FileKind kind(const std::string& path) = 0;
    /// The directory and its missing parents.
    virtual Status make_directories(const std::string& path) = 0;
    /// Removes a file, a link or a whole directory; nothing there is no error.
    virtual Status remove(const std::string& path) = 0;
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    /// Swaps what two names stand for, at once: nothing is freed. An error where the file system cannot.
    virtual Status exchange(const std::string& first, const std::string& second) = 0;
    /// Returns when all of the file system that the directory lies on is on the disk. Asking for the directory alone is
    /// not enough with Linux's FAT: the first sector of a new one belongs to its parent.
    virtual Status flush(const std::string& directory) = 0;
    /// Waits until no other process holds it; see Lock::wait_for(). Parents must exist.
    virtual Result<Lock> lock(const std::string& path) = 0;

    /// True when something lies at `path`, even a dangling link.
    bool exists(const std::string& path) { return kind(path) != FileKind::none; }
};

class RealFiles : public Files {
public:
    Result<std::string> read(const std::string& path) override;
    Status write(const std::string& path, std::string_view bytes, unsigned mode = 0644) override;
    Status overwrite(const std::string& path, std::string_view bytes) override;
    Status append(const std::string& path, std::string_view bytes) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    FileKind kind(const std::string& path) override;
    Status make_directories(const std::string& path) override;
    Status remove(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status exchange(const std::string& first, const std::string& second) override;
    Status flush(const std::string& directory) override;
    Result<Lock> lock(const std::string& path) override { return Lock::wait_for(path); }
};

/// A directory of its own under `parent`, "kldload.XXXXXX", removed with its content when the object goes. It is locked
/// (flock) as long as the object lives, so that one whose process was killed can be told from one in use.
class TemporaryDirectory {
public:
    static Result<TemporaryDirectory> make(const std::string& parent);
    /// Removes what killed processes left of these in `parent`, which must be ours alone. What cannot be removed stays.
    /// @param now  what is younger than a day stays: it may not be locked yet, or be another host's, whose locks are
    ///             not seen on a file system that both have
    /// @returns how many there were
    static Result<unsigned> remove_abandoned(const std::string& parent, std::time_t now);
    TemporaryDirectory(TemporaryDirectory&& other) noexcept
        : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    ~TemporaryDirectory();
    const std::string& path() const { return path_; }

private:
    TemporaryDirectory(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    std::string path_;
    Fd lock_;
};

}  // namespace kld
