// SPDX-License-Identifier: BSD-3-Clause
#include "image/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <utility>

namespace kld::image {
namespace {

tl::unexpected<Error> archive_failure(const std::string& what, archive* handle) {
    const char* text = archive_error_string(handle);
    return fail(fmt::format("{}: {}", what, text != nullptr ? text : "unknown archive error"));
}

std::string plain_path(const char* raw) {
    std::string path = raw == nullptr ? "" : raw;
    while (path.starts_with("./") || path.starts_with("/")) path.erase(0, path[0] == '/' ? 1 : 2);
    while (path.ends_with("/")) path.pop_back();
    return path == "." ? "" : path;
}

TarEntry describe(archive_entry* raw) {
    TarEntry entry;
    entry.path = plain_path(archive_entry_pathname(raw));
    entry.mode = archive_entry_mode(raw);
    entry.uid = static_cast<std::uint32_t>(archive_entry_uid(raw));
    entry.gid = static_cast<std::uint32_t>(archive_entry_gid(raw));
    entry.size = static_cast<std::uint64_t>(archive_entry_size(raw));
    entry.time = static_cast<long>(archive_entry_mtime(raw));
    if (const char* link = archive_entry_symlink(raw))
        entry.link = link;
    else if (const char* hard = archive_entry_hardlink(raw))
        entry.link = plain_path(hard);
    return entry;
}

}  // namespace

Status read_tar(const std::string& path,
                const std::function<Status(const TarEntry&, const std::function<Result<std::string>()>&)>& each) {
    const std::unique_ptr<archive, int (*)(archive*)> handle(archive_read_new(), archive_read_free);
    archive_read_support_format_tar(handle.get());
    archive_read_support_filter_all(handle.get());
    constexpr std::size_t kBlock = 1 << 20;
    if (archive_read_open_filename(handle.get(), path.c_str(), kBlock) != ARCHIVE_OK)
        return archive_failure("cannot open " + path, handle.get());
    while (true) {
        archive_entry* raw = nullptr;
        const int code = archive_read_next_header(handle.get(), &raw);
        if (code == ARCHIVE_EOF) return {};
        if (code < ARCHIVE_WARN) return archive_failure("cannot read " + path, handle.get());
        const auto entry = describe(raw);
        const auto content = [&]() -> Result<std::string> {
            std::string bytes(entry.size, '\0');
            const auto got = archive_read_data(handle.get(), bytes.data(), bytes.size());
            if (got < 0 || static_cast<std::size_t>(got) != bytes.size())
                return archive_failure(fmt::format("cannot read {} in {}", entry.path, path), handle.get());
            return bytes;
        };
        KLD_CHECK(each(entry, content));
    }
}

TarWriter::TarWriter(archive* handle, std::string path, long time)
    : handle_(handle), path_(std::move(path)), time_(time) {}
TarWriter::TarWriter(TarWriter&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)), time_(other.time_) {}
TarWriter::~TarWriter() {
    if (handle_ != nullptr) archive_write_free(handle_);
}

Result<TarWriter> TarWriter::create(const std::string& path, long time) {
    TarWriter writer(archive_write_new(), path, time);
    archive_write_set_format_pax_restricted(writer.handle_);
    if (archive_write_open_filename(writer.handle_, path.c_str()) != ARCHIVE_OK)
        return archive_failure("cannot write " + path, writer.handle_);
    return writer;
}

Status TarWriter::put(const TarEntry& entry, const std::string& bytes) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> raw(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(raw.get(), entry.path.c_str());
    archive_entry_set_mode(raw.get(), entry.mode);
    archive_entry_set_uid(raw.get(), entry.uid);
    archive_entry_set_gid(raw.get(), entry.gid);
    archive_entry_set_mtime(raw.get(), time_, 0);
    archive_entry_set_size(raw.get(), static_cast<la_int64_t>(bytes.size()));
    if (S_ISLNK(entry.mode)) archive_entry_set_symlink(raw.get(), entry.link.c_str());
    if (archive_write_header(handle_, raw.get()) != ARCHIVE_OK)
        return archive_failure(fmt::format("cannot write {} into {}", entry.path, path_), handle_);
    if (archive_write_data(handle_, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
        return archive_failure(fmt::format("cannot write {} into {}", entry.path, path_), handle_);
    return {};
}

Status TarWriter::directory(const std::string& path, unsigned mode, std::uint32_t uid, std::uint32_t gid) {
    return put({.path = path, .mode = S_IFDIR | mode, .uid = uid, .gid = gid}, {});
}
Status TarWriter::file(const std::string& path, const std::string& bytes, unsigned mode, std::uint32_t uid,
                       std::uint32_t gid) {
    return put({.path = path, .mode = S_IFREG | mode, .uid = uid, .gid = gid}, bytes);
}
Status TarWriter::symlink(const std::string& path, const std::string& target, std::uint32_t uid, std::uint32_t gid) {
    return put({.path = path, .mode = S_IFLNK | 0777U, .uid = uid, .gid = gid, .link = target}, {});
}

Status TarWriter::finish() {
    if (archive_write_close(handle_) != ARCHIVE_OK) return archive_failure("cannot finish " + path_, handle_);
    return {};
}

}  // namespace kld::image
