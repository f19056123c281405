// SPDX-License-Identifier: BSD-3-Clause
// A pool that lies in an image, opened for reading or to be changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "pool/entry.h"
#include "pool/kz.h"
#include "pool/kz_fs.h"

namespace kld::pool {

struct ImageSource {
    std::string path{};
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  ///< 0: up to the end of the file
};

/// An image that is opened, with the bytes of the part that holds the pool.
struct ImagePart {
    Fd fd{};
    std::uint64_t size = 0;
};
Result<ImagePart> open_part(const ImageSource& image, bool to_change);
/// @param problem, error  what kz_pool_label or kz_pool_import gave
Error no_pool(const ImageSource& image, const char* problem, int error);

struct PropertyValue {
    std::string value{};
    std::string source{};  ///< "local", "default", "-" (computed), or the dataset it is inherited from
};
using Properties = std::map<std::string, PropertyValue>;

struct FileSystemCloser {
    void operator()(kz_fs* fs) const { kz_fs_close(fs); }
};
using FileSystem = std::unique_ptr<kz_fs, FileSystemCloser>;

/// Once in a process.
class OpenPool {
public:
    /// Any pool on a single device, exported or not, made here or by a kernel. The intent log is not replayed.
    static Result<OpenPool> open(const ImageSource& image);
    /// Opens it to be changed; `close` is the end of that.
    /// @param force  also when another machine may have it in use, or damage in it is known
    /// @returns a refusal (exit 3) when the image is in use, the pool was not exported or is not healthy
    static Result<OpenPool> change(const ImageSource& image, bool force);
    /// True when a change of this pool was interrupted before; what it had begun is undone.
    bool was_interrupted() const;
    /// Exports the pool that was changed. Nothing of it may be open.
    Status close() const;
    const std::string& name() const { return name_; }
    /// As it was before the pool was opened.
    const kz_label& label() const { return label_; }
    Result<Properties> properties() const;
    /// Datasets and snapshots by full name, parents first.
    Result<std::vector<std::string>> datasets() const;
    Result<Properties> properties_of(const std::string& dataset) const;
    /// @param dataset  with or without the pool's name in front; "@snapshot" may follow
    Result<FileSystem> file_system(const std::string& dataset) const;
    /// @returns an error that says "`what``name`: there is no such dataset"
    Status require(const std::string& name, const std::string& what, ExitCode code = ExitCode::failed) const;
    /// The full name.
    std::string full_name(const std::string& dataset) const;

private:
    OpenPool(Fd fd, const kz_label& label) : fd_(std::move(fd)), label_(label), name_(label.name) {}
    Fd fd_;  ///< of the image; holds its lock, too
    kz_label label_;
    std::string name_;
};

/// Everything about one object but its path. Errors name `shown`.
Result<Entry> read_entry(kz_fs* fs, std::uint64_t object, const std::string& shown);
/// Follows directories from the root; links are not followed.
Result<std::uint64_t> find_object(kz_fs* fs, const std::string& path);

struct NamedObject {
    std::string name{};
    std::uint64_t object = 0;
    std::uint64_t mode = 0;  ///< type bits
};
/// Sorted by name.
Result<std::vector<NamedObject>> list_directory(kz_fs* fs, std::uint64_t directory, const std::string& shown);

}  // namespace kld::pool
