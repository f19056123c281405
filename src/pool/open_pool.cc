// SPDX-License-Identifier: BSD-3-Clause
#include "pool/open_pool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "pool/image_file.h"
#include "pool/kz.h"
#include "pool/mishap.h"

namespace kld::pool {

namespace {

constexpr kz_limits kLimits = {.cache_bytes = 128ULL << 20, .dirty_bytes = 64ULL << 20};

void add_property(void* to, const char* name, const char* value, const char* source) {
    (*static_cast<Properties*>(to))[name] = {value, source};
}

/// What zfs(8) shows, but OpenZFS does not store: defaults, and mountpoints below the one that is inherited.
void add_inherited(const std::string& dataset, Properties& properties) {
    if (dataset.find('@') != std::string::npos) return;
    for (const char* name :
         {"atime", "relatime", "canmount", "checksum", "compression", "copies", "dnodesize", "xattr", "acltype",
          "recordsize", "quota", "reservation", "refquota", "refreservation", "readonly", "sync"}) {
        if (properties.contains(name)) continue;
        const std::uint64_t number = kz_dataset_property(name).default_number;
        const char* word = kz_dataset_property_word(name, number);
        properties[name] = {word == nullptr ? std::to_string(number) : word, "default"};
    }
    const auto mountpoint = properties.find("mountpoint");
    if (mountpoint == properties.end()) {
        properties["mountpoint"] = {"/" + dataset, "default"};
        return;
    }
    std::string& value = mountpoint->second.value;
    const std::string& source = mountpoint->second.source;
    if (value.starts_with('/') && dataset.starts_with(source + "/"))
        value = (value == "/" ? "" : value) + dataset.substr(source.size());
}

Time time_of(const std::uint64_t (&from)[2]) {
    return {static_cast<std::int64_t>(from[0]), static_cast<std::int64_t>(from[1])};
}

}  // namespace

Result<ImagePart> open_part(const ImageSource& image, bool to_change) {
    struct stat status {};
    const bool is_device = ::stat(image.path.c_str(), &status) == 0 && S_ISBLK(status.st_mode);
    // On a device O_EXCL means: not when it, or a part of it, is mounted or otherwise held.
    const int flags = to_change ? O_RDWR | (is_device ? O_EXCL : 0) : O_RDONLY;
    Fd fd(::open(image.path.c_str(), flags | O_CLOEXEC));
    if (!fd.valid() && errno == EBUSY) return fail(image.path + " is in use", {}, ExitCode::refused);
    if (!fd.valid()) return fail(errno_error("cannot open " + image.path, errno));
    const off_t end = ::lseek(fd.get(), 0, SEEK_END);
    if (end < 0) return fail(errno_error("cannot tell the size of " + image.path, errno));
    const auto length = static_cast<std::uint64_t>(end);
    if (image.offset > length || image.size > length - image.offset)
        return fail(image.path + " ends before the part that is to be read", {}, ExitCode::usage);
    const std::uint64_t size = image.size != 0 ? image.size : length - image.offset;
    if (size < kMinimumBytes)
        return fail(image.path + ": no pool is there: " + std::to_string(size) + " bytes are too few");
    return ImagePart{std::move(fd), size};
}

Error no_pool(const ImageSource& image, const char* problem, int error) {
    Error refused{image.path + ": " + problem};
    if (error != ENOENT && error != ENOTSUP && error != EINVAL) refused.message += std::string(": ") + kz_error(error);
    if (error == ENOTSUP)
        return std::move(refused).with_hint("a machine with a newer OpenZFS reads it: Debian 13, or the one it is of");
    return std::move(refused).with_hint(image.offset == 0 ? "--offset and --size say where in a disk image the pool is"
                                                          : "");
}

Result<OpenPool> OpenPool::open(const ImageSource& image) {
    KLD_TRY(ImagePart part, open_part(image, false));
    KLD_CHECK(start_openzfs(KZ_READ, kLimits));
    const kz_image plain = {part.fd.get(), image.offset, part.size, 0, 0};
    if (const int error = kz_image_set(&plain, nullptr)) return fail(errno_error("cannot use " + image.path, error));
    kz_label label{};
    const char* problem = "";
    if (const int error = kz_pool_import(&label, &problem)) return fail(no_pool(image, problem, error));
    return OpenPool(std::move(part.fd), label);
}

Result<Properties> OpenPool::properties() const {
    Properties properties;
    if (const int error = kz_pool_properties(name_.c_str(), add_property, &properties))
        return fail("cannot read the properties of " + name_ + ": " + kz_error(error));
    return properties;
}

Result<std::vector<std::string>> OpenPool::datasets() const {
    std::vector<std::string> names;
    const auto add = [](const char* name, void* to) {
        static_cast<std::vector<std::string>*>(to)->emplace_back(name);
        return 0;
    };
    if (const int error = kz_datasets(name_.c_str(), add, &names))
        return fail("cannot list the datasets of " + name_ + ": " + kz_error(error));
    // A dataset, its snapshots, then its children.
    std::sort(names.begin(), names.end(), [](std::string a, std::string b) {
        std::replace(a.begin(), a.end(), '/', '\2');
        std::replace(b.begin(), b.end(), '/', '\2');
        std::replace(a.begin(), a.end(), '@', '\1');
        std::replace(b.begin(), b.end(), '@', '\1');
        return a < b;
    });
    return names;
}

Status OpenPool::require(const std::string& name, const std::string& what, ExitCode code) const {
    KLD_TRY(const auto all, datasets());
    if (std::find(all.begin(), all.end(), name) != all.end()) return {};
    return fail(what + name + ": there is no such dataset", "kldload-pool list shows what is there", code);
}

Result<Properties> OpenPool::properties_of(const std::string& dataset) const {
    Properties properties;
    if (const int error = kz_dataset_properties(dataset.c_str(), add_property, &properties))
        return fail("cannot read the properties of " + dataset + ": " + kz_error(error));
    add_inherited(dataset, properties);
    return properties;
}

std::string OpenPool::full_name(const std::string& dataset) const {
    if (dataset.empty() || dataset.starts_with('@')) return name_ + dataset;
    const bool complete = dataset == name_ || dataset.starts_with(name_ + "/") || dataset.starts_with(name_ + "@");
    return complete ? dataset : name_ + "/" + dataset;
}

Result<FileSystem> OpenPool::file_system(const std::string& dataset) const {
    const std::string name = full_name(dataset);
    kz_fs* fs = nullptr;
    if (const int error = kz_fs_open(name.c_str(), 0, &fs))
        return fail("cannot open " + name + ": " + (error == ENOENT ? "there is no such dataset" : kz_error(error)),
                    "kldload-pool list shows what is there");
    return FileSystem(fs);
}

Result<Entry> read_entry(kz_fs* fs, std::uint64_t object, const std::string& shown) {
    kz_attributes from{};
    if (const int error = kz_attributes_of(fs, object, &from))
        return fail("cannot read " + shown + ": " + kz_error(error));
    Entry entry;
    entry.mode = from.mode;
    entry.uid = from.uid & 0xffffffffU;
    entry.gid = from.gid & 0xffffffffU;
    entry.device = user_device(from.rdev);
    entry.size = S_ISREG(from.mode) ? from.size : 0;
    entry.links = from.links;
    entry.atime = time_of(from.atime);
    entry.mtime = time_of(from.mtime);
    entry.ctime = time_of(from.ctime);
    if (S_ISDIR(from.mode)) {
        entry.children = from.size >= 2 ? from.size - 2 : 0;
        entry.subdirectories = from.links >= 2 ? from.links - 2 : 0;
    }
    if (S_ISLNK(from.mode)) {
        std::string target(65536, '\0');
        if (const int error = kz_symlink(fs, object, target.data(), target.size()))
            return fail("cannot read the link " + shown + ": " + kz_error(error));
        entry.symlink = target.c_str();
    }
    const auto add = [](void* to, const kz_xattr* xattr) {
        static_cast<std::vector<Xattr>*>(to)->push_back(
            {xattr->name, std::string(static_cast<const char*>(xattr->value), xattr->length)});
        return 0;
    };
    if (const int error = kz_xattrs(fs, object, add, &entry.xattrs))
        return fail("cannot read the extended attributes of " + shown + ": " + kz_error(error));
    std::sort(entry.xattrs.begin(), entry.xattrs.end(), [](const Xattr& a, const Xattr& b) { return a.name < b.name; });
    return entry;
}

Result<std::uint64_t> find_object(kz_fs* fs, const std::string& path) {
    std::uint64_t object = kz_fs_root(fs), mode = S_IFDIR;
    std::string_view rest = path;
    while (!rest.empty()) {
        const auto slash = rest.find('/');
        const std::string part(rest.substr(0, slash));
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (part.empty() || part == ".") continue;
        const int error = S_ISDIR(mode) ? kz_lookup(fs, object, part.c_str(), &object, &mode) : ENOTDIR;
        if (error != 0) return fail(path + ": " + kz_error(error));
    }
    return object;
}

Result<std::vector<NamedObject>> list_directory(kz_fs* fs, std::uint64_t directory, const std::string& shown) {
    std::vector<NamedObject> names;
    const auto add = [](void* to, const char* name, std::uint64_t object, std::uint64_t mode) {
        static_cast<std::vector<NamedObject>*>(to)->push_back({name, object, mode});
        return 0;
    };
    if (const int error = kz_list(fs, directory, add, &names))
        return fail("cannot list " + shown + ": " + kz_error(error));
    std::sort(names.begin(), names.end(), [](const NamedObject& a, const NamedObject& b) { return a.name < b.name; });
    return names;
}

}  // namespace kld::pool
