// SPDX-License-Identifier: BSD-3-Clause
// Names for what is there already, and names that are taken.
#include <sys/stat.h>

#include <cerrno>

#include "pool/filler.h"
#include "pool/names.h"

namespace kld::pool {

Status Filler::add_link(const Entry& entry) {
    if (entry.hard_link == entry.path) return {};
    KLD_TRY(Directory * parent, parent_of(entry.path));
    KLD_CHECK(flush());
    const std::string name = last_part(entry.path);
    const auto target_parent = directories_.find(parent_path(entry.hard_link));
    std::uint64_t object = 0, mode = 0;
    if (target_parent == directories_.end() ||
        kz_lookup(open_[target_parent->second.dataset], target_parent->second.object,
                  last_part(entry.hard_link).c_str(), &object, &mode) != 0)
        return fail("/" + entry.path + " is a hard link to /" + entry.hard_link + ", which is not there");
    if (S_ISDIR(mode))
        return fail("/" + entry.path + " is a hard link to /" + entry.hard_link + ", which is a directory");
    if (entry.hard_link.starts_with(entry.path + "/"))
        return fail("/" + entry.path + " is a hard link to /" + entry.hard_link + ", which lies below it");
    const std::size_t dataset = target_parent->second.dataset;
    if (dataset != parent->dataset)
        return fail("/" + entry.path + " and /" + entry.hard_link +
                        " are two names of one file, but lie in different datasets (" +
                        layout_.full_name(layout_.datasets[parent->dataset].name) + " and " +
                        layout_.full_name(layout_.datasets[dataset].name) + ")",
                    "make one of them a copy, or give both paths to one dataset");
    if (name.size() > kMaxName) return fail("/" + entry.path + ": the name has more bytes than a pool can store (255)");
    if (!names_.insert(hash_of(entry.path)).second) {
        std::uint64_t old = 0, old_mode = 0;
        if (kz_lookup(open_[dataset], parent->object, name.c_str(), &old, &old_mode) == 0 && old == object) return {};
        KLD_CHECK(make_room(entry.path, *parent, name, false));
    }
    if (const int error = kz_link(open_[dataset], parent->object, name.c_str(), object, mode))
        return fail(failed("cannot link", entry.path, error));
    ++parent->children;
    auto& links = links_.try_emplace(key_of(dataset, object), 1).first->second;
    ++links;
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
            return fail("/" + path + " is a mountpoint and cannot be replaced by something else");
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
        Directory& directory = directories_.at(path);
        for (const auto& child : children)
            KLD_CHECK(remove(path + "/" + child.name, directory, child.name, child.object, child.mode));
        directories_.erase(path);
        --parent.subdirectories;
    }
    if (const int error = kz_unlink(fs, parent.object, name.c_str()))
        return fail(failed("cannot replace", path, error));
    --parent.children;
    if (const auto links = links_.find(key_of(parent.dataset, object)); links != links_.end() && links->second > 1) {
        --links->second;
        return {};
    }
    links_.erase(key_of(parent.dataset, object));
    if (const int error = kz_free(fs, object)) return fail(failed("cannot replace", path, error));
    return {};
}

}  // namespace kld::pool
