// SPDX-License-Identifier: BSD-3-Clause
#include "pool/image_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/text.h"
#include "pool/signature.h"

namespace kld::pool {

namespace {

constexpr std::uint64_t kLabelBytes = 256ULL << 10;

Result<std::uint64_t> length_of(const Fd& fd, const std::string& path) {
    const off_t end = ::lseek(fd.get(), 0, SEEK_END);
    if (end < 0) return fail(errno_error("cannot tell the size of " + path, errno));
    return static_cast<std::uint64_t>(end);
}

Status check_size(std::uint64_t size, const std::string& path) {
    if (size >= kMinimumBytes) return {};
    return fail(path + ": " + std::to_string(size) + " bytes are too few for a pool",
                "at least " + std::to_string(kMinimumBytes) + " bytes are needed", ExitCode::usage);
}

/// A program that ended meanwhile has given its finished file the right name: then `fd` is that, and must stay as it
/// is.
bool is_still(const Fd& fd, const std::string& path) {
    struct stat open {
    }, named{};
    return ::fstat(fd.get(), &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
           open.st_ino == named.st_ino;
}

/// Old labels go first: a run that is cut short must not leave an old pool that seems whole.
Status clear(const Fd& fd, std::uint64_t offset, std::uint64_t size, const std::string& path) {
    const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    // Where holes cannot be made the old bytes stay, except those that could be taken for a file system.
    (void)::fallocate(fd.get(), how, static_cast<off_t>(offset), static_cast<off_t>(size));
    for (const auto& labels : label_ranges(size))
        if (auto cleared = fd.write_at(std::string(labels.size, '\0'), offset + labels.offset); !cleared)
            return fail(std::move(cleared.error())
                            .within(path)
                            .with_hint("the disk, quota or file size limit below the image may be exhausted"));
    if (::fdatasync(fd.get()) != 0) return fail(errno_error("cannot write " + path, errno));
    return {};
}

}  // namespace

std::array<LabelRange, 2> label_ranges(std::uint64_t size) {
    // Those at the end are at a multiple of a label's size: what is behind them belongs to no pool, or to an older one.
    const std::uint64_t tail = (size / kLabelBytes - 2) * kLabelBytes;
    return {{{0, 2 * kLabelBytes}, {tail, size - tail}}};
}

Status lock_partial(const Fd& fd, const std::string& path) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 && is_still(fd, path)) return {};
    return fail(path + " is being written by another program", {}, ExitCode::refused);
}

ImageFile::ImageFile(ImageFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::move(other.path_)),
      partial_(std::exchange(other.partial_, {})),
      offset_(other.offset_),
      size_(other.size_) {}

ImageFile::~ImageFile() {
    if (!partial_.empty()) ::unlink(partial_.c_str());
}

Result<ImageFile> ImageFile::open(const ImageTarget& target) {
    struct stat status {};
    const bool exists = ::stat(target.path.c_str(), &status) == 0;
    const bool is_device = exists && S_ISBLK(status.st_mode);
    if (exists && !is_device && !S_ISREG(status.st_mode))
        return fail(target.path + " is neither a file nor a block device", {}, ExitCode::usage);
    if (target.offset || is_device) {
        // On a device O_EXCL means: not when it, or a part of it, is mounted or otherwise held.
        Fd fd(::open(target.path.c_str(), O_RDWR | O_CLOEXEC | (is_device ? O_EXCL : 0)));
        if (!fd.valid() && errno == EBUSY)
            return fail(target.path + " is in use", "unmount what is on it, or take another device", ExitCode::refused);
        if (!fd.valid()) return fail(errno_error("cannot open " + target.path, errno));
        KLD_TRY(const auto length, length_of(fd, target.path));
        ImageFile image(std::move(fd), target.path);
        image.offset_ = target.offset.value_or(0);
        if (image.offset_ > length || (target.size != 0 && target.size > length - image.offset_))
            return fail(target.path + " has " + std::to_string(length) + " bytes, the part from " +
                            std::to_string(image.offset_) + " with " + std::to_string(target.size) +
                            " bytes is not all inside",
                        {}, ExitCode::usage);
        image.size_ = target.size != 0 ? target.size : length - image.offset_;
        KLD_CHECK(check_size(image.size_, target.path));
        KLD_CHECK(refuse_used(image.fd_, image.offset_, image.size_, target.path, target.force));
        KLD_CHECK(clear(image.fd_, image.offset_, image.size_, target.path));
        return image;
    }
    KLD_CHECK(check_size(target.size, target.path));
    if (exists) {
        KLD_TRY(const Fd old, Fd::open(target.path, O_RDONLY));
        KLD_TRY(const auto length, length_of(old, target.path));
        KLD_CHECK(refuse_used(old, 0, length, target.path, target.force));
    }
    const std::string partial = target.path + ".partial";
    KLD_TRY(Fd fd, Fd::open(partial, O_RDWR | O_CREAT, 0644));
    KLD_CHECK(lock_partial(fd, partial));
    ImageFile image(std::move(fd), target.path);
    image.partial_ = partial;
    image.size_ = target.size;
    if (::ftruncate(image.fd(), 0) != 0 || ::ftruncate(image.fd(), static_cast<off_t>(image.size_)) != 0)
        return fail(errno_error("cannot make " + partial + " " + human_bytes(image.size_) + " large", errno));
    return image;
}

Status ImageFile::keep() {
    if (partial_.empty()) return {};
    if (std::rename(partial_.c_str(), path_.c_str()) != 0)
        return fail(errno_error("cannot rename " + partial_ + " to " + path_, errno));
    partial_.clear();
    return {};
}

}  // namespace kld::pool
