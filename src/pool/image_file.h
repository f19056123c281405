// SPDX-License-Identifier: BSD-3-Clause
// The file, or the part of a disk image, that a new pool goes into.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.h"

namespace kld::pool {

struct ImageTarget {
    std::string path{};
    std::optional<std::uint64_t> offset{};  ///< set: a part of a file that exists; else the file is made
    std::uint64_t size = 0;                 ///< bytes of the vdev
    bool force = false;                     ///< over what has a signature
};

/// A new vdev. A file that is made whole has the name PATH.partial until `keep`; a part of a disk has no label until
/// then.
class ImageFile {
public:
    /// @returns a refusal (exit 3) when a file system or pool is there already and `force` is not given
    static Result<ImageFile> open(const ImageTarget& target);
    ImageFile(ImageFile&&) noexcept;
    ImageFile& operator=(ImageFile&&) = delete;
    /// Removes PATH.partial.
    ~ImageFile();

    int fd() const { return fd_.get(); }
    std::uint64_t offset() const { return offset_; }
    std::uint64_t size() const { return size_; }
    /// The file that a failure leaves behind unless it is removed; empty for a part of a disk.
    const std::string& partial() const { return partial_; }
    const std::string& path() const { return path_; }
    /// Gives the file its name.
    Status keep();

private:
    ImageFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Fd fd_;
    std::string path_;
    std::string partial_{};
    std::uint64_t offset_ = 0, size_ = 0;
};

struct LabelRange {
    std::uint64_t offset = 0, size = 0;  ///< bytes of the vdev
};

/// Where a vdev of `size` bytes (at least kMinimumBytes) has its labels, two at each end; the second range reaches to
/// the end of the vdev.
std::array<LabelRange, 2> label_ranges(std::uint64_t size);

/// Takes the lock of `path`, PATH.partial, which the program that holds it renames when it has finished.
/// @returns a refusal (exit 3) while another program holds it, and when `fd` is what that program has finished since
Status lock_partial(const Fd& fd, const std::string& path);

/// The smallest vdev that OpenZFS takes.
constexpr std::uint64_t kMinimumBytes = 64ULL << 20;

}  // namespace kld::pool
