// SPDX-License-Identifier: BSD-3-Clause
#include "pool/filler.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "pool/names.h"

namespace kld::pool {

namespace {

constexpr std::size_t kBatchThings = 64;
constexpr std::size_t kBatchBytes = 4U << 20;
constexpr std::size_t kMaxSymlink = 4095;

void put_time(const Time& time, std::uint64_t (&to)[2]) {
    to[0] = static_cast<std::uint64_t>(time.seconds);
    to[1] = static_cast<std::uint64_t>(time.nanoseconds);
}

kz_attributes attributes_of(const Entry& entry) {
    kz_attributes to{};
    const bool directory = S_ISDIR(entry.mode);
    to.mode = entry.mode;
    to.uid = entry.uid;
    to.gid = entry.gid;
    to.rdev = kernel_device(entry.device);
    to.size = directory ? entry.children + 2 : S_ISLNK(entry.mode) ? entry.symlink.size() : entry.size;
    to.links = directory ? entry.subdirectories + 2 : 1;
    put_time(entry.atime, to.atime);
    put_time(entry.mtime, to.mtime);
    put_time(entry.ctime, to.ctime);
    put_time(entry.mtime, to.btime);
    return to;
}

/// As zfs chooses it: one block as large as a small file, else records.
std::uint64_t block_size_of(const Entry& entry, std::uint64_t record_size) {
    return entry.size >= record_size ? record_size : (entry.size + 511) & ~511ULL;
}

}  // namespace

Filler::Filler(const Layout& layout, std::vector<kz_fs*> open, std::vector<bool> received)
    : layout_(layout), routes_(layout), open_(std::move(open)), received_(std::move(received)) {
    batch_.reserve(kBatchThings);
    const std::size_t root = routes_.dataset_of("");
    kz_attributes attributes{};
    if (received_[root] && kz_attributes_of(open_[root], kz_fs_root(open_[root]), &attributes) == 0)
        root_time_ = {static_cast<std::int64_t>(attributes.mtime[0]), static_cast<std::int64_t>(attributes.mtime[1])};
}

Error Filler::failed(const std::string& what, const std::string& path, int error) {
    is_full_ = is_full_ || error == ENOSPC;
    return Error{what + " /" + path + ": " + kz_error(error)};
}

Status Filler::add(Item item) {
    return item.entry ? begin(std::move(item)) : more(std::move(item));
}

Status Filler::begin(Item item) {
    const Entry& entry = *item.entry;
    ++counts_.entries;
    if (routes_.is_mountpoint(entry.path)) return add_mountpoint(std::move(item));
    if (!entry.hard_link.empty()) return add_link(entry);
    KLD_TRY(Directory * parent, parent_of(entry.path));
    return add_thing(std::move(item), *parent, false);
}

Result<Filler::Directory*> Filler::parent_of(const std::string& path) {
    const std::string parent = parent_path(path);
    KLD_TRY(Directory * there, directory_at(parent));
    if (there != nullptr) return there;
    KLD_CHECK(add_implied(parent));
    return &directories_.at(parent);
}

/// A directory that no entry tells of. It never takes the place of something.
Status Filler::add_implied(const std::string& path) {
    Item item;
    item.entry = std::make_unique<Entry>();
    item.entry->path = path;
    item.entry->mode = S_IFDIR | 0755;
    item.entry->atime = item.entry->mtime = item.entry->ctime = root_time_;
    if (routes_.is_mountpoint(path)) return add_mountpoint(std::move(item));
    KLD_TRY(Directory * parent, parent_of(path));
    if (received_[parent->dataset] || names_.contains(hash_of(path))) {
        KLD_CHECK(flush());
        std::uint64_t object = 0, mode = 0;
        if (kz_lookup(open_[parent->dataset], parent->object, last_part(path).c_str(), &object, &mode) == 0)
            return fail("/" + path + " is not a directory, but an entry lies below it",
                        "name the entry by its real path, or give the directory an entry of its own");
    }
    return add_thing(std::move(item), *parent, false);
}

Status Filler::add_mountpoint(Item item) {
    const Entry& entry = *item.entry;
    const std::size_t dataset = routes_.dataset_of(entry.path);
    if (!S_ISDIR(entry.mode) || !entry.hard_link.empty())
        return fail("/" + entry.path + " is not a directory, but " + layout_.full_name(layout_.datasets[dataset].name) +
                    " is mounted there");
    if (entry.path.empty()) root_time_ = entry.mtime;
    KLD_TRY(Directory * known, directory_at(entry.path));
    if (known != nullptr) return merge(entry, *known);
    Directory directory;
    directory.dataset = dataset;
    directory.object = kz_fs_root(open_[dataset]);
    KLD_TRY(const auto xattrs, xattrs_for(entry, dataset));
    kz_attributes attributes = attributes_of(entry);
    attributes.size = attributes.links = 2;
    if (const int error = kz_replace_attributes(open_[dataset], directory.object, &attributes, xattrs.packed.data(),
                                                xattrs.packed.size()))
        return fail(failed("cannot write", entry.path, error));
    KLD_CHECK(set_hidden(dataset, directory.object, xattrs.in_directory, entry.path));
    if (entry.path.empty()) {
        directories_.emplace("", directory);
        return {};
    }
    KLD_TRY(Directory * parent, parent_of(entry.path));
    directories_.emplace(entry.path, directory);
    item.entry->children = item.entry->subdirectories = 0;
    return add_thing(std::move(item), *parent, true);
}

Result<SplitXattrs> Filler::xattrs_for(const Entry& entry, std::size_t dataset) const {
    if (entry.xattrs.empty()) return SplitXattrs{};
    const auto& effective = layout_.datasets[dataset].effective;
    const std::string where = layout_.full_name(layout_.datasets[dataset].name);
    const auto xattr = effective.find("xattr");
    const std::string how = xattr == effective.end() ? "on" : xattr->second;
    if (how == "off")
        return fail("/" + entry.path + " has extended attributes, but " + where + " has xattr=off",
                    "xattr=sa takes them");
    const auto acltype = effective.find("acltype");
    const bool acls = acltype != effective.end() && (acltype->second == "posix" || acltype->second == "posixacl");
    for (const auto& one : entry.xattrs)
        if (!acls && one.name.starts_with("system.posix_acl_"))
            return fail("/" + entry.path + " has a POSIX ACL, but " + where + " has acltype=off",
                        "acltype=posix takes it");
    return split_xattrs(entry.xattrs, how == "sa");
}

Status Filler::set_hidden(std::size_t dataset, std::uint64_t object, const std::vector<Xattr>& xattrs,
                          const std::string& path) {
    if (xattrs.empty()) return {};
    std::vector<kz_xattr> list;
    for (const auto& xattr : xattrs) list.push_back({xattr.name.c_str(), xattr.value.data(), xattr.value.size()});
    if (const int error = kz_set_xattr_directory(open_[dataset], object, list.data(), list.size()))
        return fail(failed("cannot write the extended attributes of", path, error));
    return {};
}

Status Filler::add_thing(Item item, Directory& parent, bool is_stub) {
    const std::string path = item.entry->path;
    const std::string name = last_part(path);
    const bool is_directory = S_ISDIR(item.entry->mode);
    if (name.size() > kMaxName)
        return fail("/" + path + ": the name has " + std::to_string(name.size()) +
                    " bytes, more than a pool can store (255)");
    if (layout_.datasets[parent.dataset].utf8only != 0 && !is_utf8(name))
        return fail("/" + path + ": the name is not UTF-8, which " +
                        layout_.full_name(layout_.datasets[parent.dataset].name) + " demands",
                    "utf8only=off takes every name");
    if (item.entry->symlink.size() > kMaxSymlink)
        return fail("/" + path + ": the target of the link has more than 4095 bytes");
    if (!claim(path, parent.dataset)) {
        KLD_TRY(const bool merged, make_room(path, parent, name, is_directory));
        if (merged) {
            KLD_TRY(Directory * there, directory_at(path));
            return merge(*item.entry, *there);
        }
    }
    if (batch_.size() == kBatchThings || batch_bytes_ >= kBatchBytes || batch_dataset_ != parent.dataset)
        KLD_CHECK(flush());
    batch_dataset_ = parent.dataset;

    Waiting& waiting = waiting_.emplace_back();
    waiting.name = name;
    KLD_TRY(auto xattrs, xattrs_for(*item.entry, parent.dataset));
    waiting.packed = std::move(xattrs.packed);
    waiting.in_directory = std::move(xattrs.in_directory);
    for (const auto& piece : item.pieces) waiting.pieces.push_back({piece.offset, piece.data.get(), piece.length});
    waiting.item = std::move(item);
    const Entry& entry = *waiting.item.entry;

    kz_new& thing = batch_.emplace_back();
    thing = {};
    thing.directory = parent.object;
    thing.parent = parent.waiting;
    thing.name = waiting.name.c_str();
    thing.attributes = attributes_of(entry);
    if (S_ISLNK(entry.mode)) thing.symlink = entry.symlink.c_str();
    if (!waiting.packed.empty()) thing.xattrs = waiting.packed.data();
    thing.xattrs_length = waiting.packed.size();
    if (S_ISREG(entry.mode)) thing.block_size = block_size_of(entry, layout_.datasets[parent.dataset].record_size);
    thing.pieces = waiting.pieces.data();
    thing.piece_count = waiting.pieces.size();

    ++parent.children;
    if (is_directory) ++parent.subdirectories;
    batch_bytes_ += waiting.item.bytes;
    counts_.bytes += waiting.item.bytes;
    last_path_ = path;
    last_dataset_ = parent.dataset;
    if (is_directory && !is_stub) {
        Directory directory;
        directory.dataset = parent.dataset;
        directory.waiting = &thing;
        directory.written_children = entry.children;
        directory.written_subdirectories = entry.subdirectories;
        waiting.directory = &directories_.insert_or_assign(path, directory).first->second;
    }
    return {};
}

Status Filler::flush() {
    if (batch_.empty()) return {};
    std::size_t refused = 0;
    if (const int error = kz_create_many(open_[batch_dataset_], batch_.data(), batch_.size(), &refused)) {
        const std::string path = waiting_[std::min(refused, waiting_.size() - 1)].item.entry->path;
        if (error == ENOTSUP || error == EILSEQ)
            return fail("/" + path + ": the name is not UTF-8, which " +
                            layout_.full_name(layout_.datasets[batch_dataset_].name) + " demands",
                        "normalization=none and utf8only=off take every name");
        if (error == EEXIST)
            return fail("/" + path + ": " + layout_.full_name(layout_.datasets[batch_dataset_].name) +
                            " holds another name of this directory for the same one",
                        "normalization=none and casesensitivity=sensitive tell them apart");
        return fail(failed("cannot write", path, error));
    }
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        Waiting& waiting = waiting_[i];
        if (waiting.directory != nullptr) {
            waiting.directory->object = batch_[i].object;
            waiting.directory->waiting = nullptr;
        }
        KLD_CHECK(set_hidden(batch_dataset_, batch_[i].object, waiting.in_directory, waiting.item.entry->path));
    }
    last_object_ = batch_.back().object;
    batch_.clear();
    waiting_.clear();
    batch_bytes_ = 0;
    return {};
}

Status Filler::more(Item item) {
    KLD_CHECK(flush());
    std::vector<kz_piece> pieces;
    for (const auto& piece : item.pieces) pieces.push_back({piece.offset, piece.data.get(), piece.length});
    if (const int error = kz_write(open_[last_dataset_], last_object_, pieces.data(), pieces.size()))
        return fail(failed("cannot write", last_path_, error));
    counts_.bytes += item.bytes;
    return {};
}

/// A second entry for a directory that is there: its attributes win, what is in it stays.
Status Filler::merge(const Entry& entry, Directory& directory) {
    KLD_CHECK(flush());
    const auto write = [this, &entry](std::size_t dataset, std::uint64_t object, std::uint64_t links,
                                      std::uint64_t size) -> Status {
        KLD_TRY(const auto xattrs, xattrs_for(entry, dataset));
        kz_attributes attributes = attributes_of(entry);
        attributes.links = links;
        attributes.size = size;
        if (const int error =
                kz_replace_attributes(open_[dataset], object, &attributes, xattrs.packed.data(), xattrs.packed.size()))
            return fail(failed("cannot write", entry.path, error));
        return set_hidden(dataset, object, xattrs.in_directory, entry.path);
    };
    KLD_CHECK(write(directory.dataset, directory.object, directory.subdirectories + 2, directory.children + 2));
    directory.written_children = directory.children;
    directory.written_subdirectories = directory.subdirectories;
    if (entry.path.empty() || !routes_.is_mountpoint(entry.path)) return {};
    KLD_TRY(const Directory* parent, parent_of(entry.path));
    std::uint64_t stub = 0, mode = 0;
    if (const int error =
            kz_lookup(open_[parent->dataset], parent->object, last_part(entry.path).c_str(), &stub, &mode))
        return fail(failed("cannot look up", entry.path, error));
    return write(parent->dataset, stub, 2, 2);
}

Status Filler::finish() {
    for (const auto& path : routes_.mountpoints()) {
        KLD_TRY(const Directory* there, directory_at(path));
        if (there == nullptr) KLD_CHECK(add_implied(path));
    }
    KLD_CHECK(flush());
    return finish_counts();
}

Status Filler::finish_counts() {
    std::vector<std::vector<kz_counts>> late(open_.size());
    for (const auto& [path, directory] : directories_)
        if (directory.children != directory.written_children ||
            directory.subdirectories != directory.written_subdirectories)
            late[directory.dataset].push_back({directory.object, directory.subdirectories + 2, directory.children + 2});
    for (const auto& [key, links] : links_) late[key >> 48].push_back({key & 0xffffffffffffULL, links, UINT64_MAX});
    for (std::size_t dataset = 0; dataset < late.size(); ++dataset) {
        auto& list = late[dataset];
        std::sort(list.begin(), list.end(), [](const kz_counts& a, const kz_counts& b) { return a.object < b.object; });
        for (std::size_t at = 0; at < list.size(); at += kBatchThings) {
            const std::size_t count = std::min(kBatchThings, list.size() - at);
            if (const int error = kz_set_counts(open_[dataset], list.data() + at, count))
                return fail(
                    failed("cannot write directories of", layout_.datasets[dataset].mountpoint.substr(1), error));
        }
    }
    return {};
}

}  // namespace kld::pool
