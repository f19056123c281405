// SPDX-License-Identifier: BSD-3-Clause
#include "uki/initramfs_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <memory>

namespace kld::uki {
namespace {

using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

Entry entry_for(const std::string& path, const ArchiveNode& node, std::int64_t inode) {
    Entry entry(::archive_entry_new(), ::archive_entry_free);
    ::archive_entry_set_pathname(entry.get(), path.c_str());
    ::archive_entry_set_mode(entry.get(), node.mode);
    ::archive_entry_set_ino64(entry.get(), inode);
    ::archive_entry_set_nlink(entry.get(), S_ISDIR(node.mode) ? 2 : 1);
    ::archive_entry_set_mtime(entry.get(), 0, 0);
    ::archive_entry_set_uid(entry.get(), 0);
    ::archive_entry_set_gid(entry.get(), 0);
    if (S_ISLNK(node.mode)) ::archive_entry_set_symlink(entry.get(), node.content.c_str());
    const auto size = S_ISREG(node.mode) ? node.content.size() : 0;
    ::archive_entry_set_size(entry.get(), static_cast<std::int64_t>(size));
    if (S_ISCHR(node.mode)) {
        ::archive_entry_set_rdevmajor(entry.get(), node.device_major);
        ::archive_entry_set_rdevminor(entry.get(), node.device_minor);
    }
    return entry;
}

}  // namespace

void InitramfsArchive::add(const std::string& path, ArchiveNode node) {
    if (const auto slash = path.rfind('/'); slash != std::string::npos && !nodes_.contains(path.substr(0, slash)))
        add_directory(path.substr(0, slash));
    nodes_[path] = std::move(node);
}

void InitramfsArchive::add_file(const std::string& path, std::string content, unsigned mode) {
    add(path, {S_IFREG | mode, std::move(content)});
}

void InitramfsArchive::add_link(const std::string& path, std::string target) {
    add(path, {S_IFLNK | 0777, std::move(target)});
}

void InitramfsArchive::add_directory(const std::string& path, unsigned mode) {
    add(path, {S_IFDIR | mode});
}

void InitramfsArchive::add_character_device(const std::string& path, unsigned device_major, unsigned device_minor) {
    add(path, {S_IFCHR | 0600, {}, device_major, device_minor});
}

Status InitramfsArchive::write(const std::string& output) const {
    const std::unique_ptr<archive, int (*)(archive*)> writer(::archive_write_new(), ::archive_write_free);
    const auto broken = [&] {
        const char* reason = ::archive_error_string(writer.get());
        return fail(fmt::format("cannot write {}: {}", output, reason == nullptr ? "unknown reason" : reason));
    };
    if (::archive_write_set_format_cpio_newc(writer.get()) != ARCHIVE_OK ||
        ::archive_write_add_filter_zstd(writer.get()) != ARCHIVE_OK ||
        ::archive_write_set_options(writer.get(), "zstd:compression-level=10") != ARCHIVE_OK ||
        ::archive_write_open_filename(writer.get(), output.c_str()) != ARCHIVE_OK)
        return broken();
    std::int64_t inode = 1;
    for (const auto& [path, node] : nodes_) {
        const auto entry = entry_for(path, node, inode++);
        if (::archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK) return broken();
        if (!S_ISREG(node.mode)) continue;
        const auto written = ::archive_write_data(writer.get(), node.content.data(), node.content.size());
        if (written != static_cast<la_ssize_t>(node.content.size())) return broken();
    }
    if (::archive_write_close(writer.get()) != ARCHIVE_OK) return broken();
    return {};
}

}  // namespace kld::uki
