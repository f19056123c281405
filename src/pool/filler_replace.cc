// SPDX-License-Identifier: BSD-3-Clause
// Names for what is there already, and names that are taken.
#include <sys/stat.h>

#include <cerrno>

#include "pool/filler.h"
#include "pool/names.h"

namespace kld::pool {

bool Filler::claim(const std::string& path, std::size_t dataset) {
    return names_.insert(hash_of(path)).second && !received_[dataset];
}

Result<Filler::Directory*> Filler::adopt(const std::string& path, std::size_t dataset, std::uint64_t object) {
    kz_attributes attributes{};
    if (const int error = kz_attributes_of(open_[dataset], object, &attributes))
        return fail(failed("cannot read", path, error));
    Directory directory;
    directory.dataset = dataset;
    directory.object = object;
    directory.children = directory.written_children = attributes.size - 2;
    directory.subdirectories = directory.written_subdirectories = attributes.links - 2;
    return &directories_.insert_or_assign(path, directory).first->second;
}

Result<Filler::Directory*> Filler::directory_at(const std::string& path) {
    if (const auto found = directories_.find(path); found != directories_.end()) return &found->second;
    const std::size_t dataset = routes_.dataset_of(path);
    if (!received_[dataset]) return nullptr;
    if (routes_.is_mountpoint(path)) return adopt(path, dataset, kz_fs_root(open_[dataset]));
    KLD_TRY(const Directory* parent, directory_at(parent_path(path)));
    if (parent == nullptr || parent->object == 0) return nullptr;
    std::uint64_t object = 0, mode = 0;
    const int error = kz_lookup(open_[dataset], parent->object, last_part(path).c_str(), &object, &mode);
    if (error != 0 && error != ENOENT) return fail(failed("cannot look up", path, error));
    if (error == ENOENT || !S_ISDIR(mode)) return nullptr;
    return adopt(path, dataset, object);
}

Result<std::uint64_t> Filler::links_of(std::size_t dataset, std::uint64_t object, const std::string& path) {
    if (const auto known = links_.find(key_of(dataset, object)); known != links_.end()) return known->second;
    if (!received_[dataset]) return 1;
    kz_attributes attributes{};
    if (const int error = kz_attributes_of(open_[dataset], object, &attributes))
        return fail(failed("cannot read", path, error));
    return attributes.links;
}

Status Filler::add_link(const Entry& entry) {
    if (entry.hard_link == entry.path) return {};
    KLD_TRY(Directory * parent, parent_of(entry.path));
    KLD_CHECK(flush());
    const std::string name = last_part(entry.path);
    KLD_TRY(const Directory* target_parent, directory_at(parent_path(entry.hard_link)));
    std::uint64_t object = 0, mode = 0;
    if (target_parent == nullptr || kz_lookup(open_[target_parent->dataset], target_parent->object,
                                              last_part(entry.hard_link).c_str(), &object, &mode) != 0)
        return fail("/" + entry.path + " is a hard link to /" + entry.hard_link + ", which is not there");
    if (S_ISDIR(mode))
        return fail("/" + entry.path + " is a hard link to /" + entry.hard_link + ", which is a directory");
    if (entry.hard_link.starts_with(entry.path + "/"))
        return fail("/" + entry.path + " is a hard link to /" + entry.hard_link + ", which lies below it");
    const std::size_t dataset = target_parent->dataset;
    if (dataset != parent->dataset)
        return fail("/" + entry.path + " and /" + entry.hard_link +
                        " are two names of one file, but lie in different datasets (" +
                        layout_.full_name(layout_.datasets[parent->dataset].name) + " and " +
                        layout_.full_name(layout_.datasets[dataset].name) + ")",
                    "make one of them a copy, or give both paths to one dataset");
    if (name.size() > kMaxName) return fail("/" + entry.path + ": the name has more bytes than a pool can store (255)");
    if (!claim(entry.path, dataset)) {
        std::uint64_t old = 0, old_mode = 0;
        if (kz_lookup(open_[dataset], parent->object, name.c_str(), &old, &old_mode) == 0 && old == object) return {};
        KLD_CHECK(make_room(entry.path, *parent, name, false));
    }
    if (const int error = kz_link(open_[dataset], parent->object, name.c_str(), object, mode))
        return fail(failed("cannot link", entry.path, error));
    ++parent->children;
    KLD_TRY(const std::uint64_t links, links_of(dataset, object, entry.hard_link));
    links_[key_of(dataset, object)] = links + 1;
    return {};
}

Result<bool> Filler::make_room(const std::string& path, Directory& parent, const std::string& name,
                               bool for_directory) {
    KLD_CHECK(flush());
    std::uint64_t object = 0, mode = 0;
    const int error = kz_lookup(open_[parent.dataset], parent.object, name.c_str(), &object, &mode);
    if (error == ENOENT) return false;
    if (error != 0) return fail(failed("cannot look up", path, error));
    if (for_directory && S_ISDIR(mode)) return true;
    KLD_CHECK(remove(path, parent, name, object, mode));
    return false;
}

Status Filler::remove(const std::string& path, Directory& parent, const std::string& name, std::uint64_t object,
                      std::uint64_t mode) {
    kz_fs* fs = open_[parent.dataset];
    if (S_ISDIR(mode)) {
        if (routes_.is_mountpoint(path))
            return fail("/" + path + " is a mountpoint, which cannot be removed or become something else");
        struct Child {
            std::string name;
            std::uint64_t object, mode;
        };
        std::vector<Child> children;
        const auto collect = [](void* to, const char* child, std::uint64_t child_object, std::uint64_t child_mode) {
            static_cast<std::vector<Child>*>(to)->push_back({child, child_object, child_mode});
            return 0;
        };
        if (const int error = kz_list(fs, object, collect, &children)) return fail(failed("cannot list", path, error));
        KLD_TRY(Directory * directory, directory_at(path));
        for (const auto& child : children)
            KLD_CHECK(remove(path + "/" + child.name, *directory, child.name, child.object, child.mode));
        directories_.erase(path);
        --parent.subdirectories;
    }
    if (const int error = kz_unlink(fs, parent.object, name.c_str()))
        return fail(failed("cannot replace", path, error));
    --parent.children;
    if (!S_ISDIR(mode)) {
        KLD_TRY(const std::uint64_t links, links_of(parent.dataset, object, path));
        if (links > 1) {
            links_[key_of(parent.dataset, object)] = links - 1;
            return {};
        }
    }
    links_.erase(key_of(parent.dataset, object));
    if (const int error = kz_free(fs, object)) return fail(failed("cannot replace", path, error));
    return {};
}

Status Filler::take_away(const std::string& path) {
    KLD_CHECK(flush());
    const std::string name = last_part(path);
    KLD_TRY(Directory * parent, directory_at(parent_path(path)));
    if (path.empty() || parent == nullptr) return fail(failed("cannot remove", path, path.empty() ? EBUSY : ENOENT));
    std::uint64_t object = 0, mode = 0;
    if (const int error = kz_lookup(open_[parent->dataset], parent->object, name.c_str(), &object, &mode))
        return fail(failed("cannot remove", path, error));
    return remove(path, *parent, name, object, mode);
}

}  // namespace kld::pool
