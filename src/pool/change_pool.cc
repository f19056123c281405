// SPDX-License-Identifier: BSD-3-Clause
// Opens a pool that exists to be changed, when nobody else has it in use.
#include <fcntl.h>

#include <cerrno>
#include <string_view>

#include "pool/mishap.h"
#include "pool/open_pool.h"

namespace kld::pool {

namespace {

constexpr kz_limits kLimits = {.cache_bytes = 96ULL << 20, .dirty_bytes = 64ULL << 20};
// OpenZFS's pool_state_t, as the label has it.
constexpr std::uint64_t kActive = 0, kExported = 1, kDestroyed = 2;

bool is_interrupted(const kz_label& label) {
    return label.state == kActive && label.hostid == 0 && std::string_view(label.hostname) == KZ_CHANGING;
}

/// Virtual machines lock their disks in the same way.
Status lock(const Fd& fd, const std::string& path) {
    struct flock all {};
    all.l_type = F_WRLCK;
    all.l_whence = SEEK_SET;
    if (::fcntl(fd.get(), F_OFD_SETLK, &all) == 0) return {};
    if (errno == EAGAIN || errno == EACCES)
        return fail(path + " is in use by another program", "a virtual machine may run from it", ExitCode::refused);
    return fail(errno_error("cannot lock " + path, errno));
}

Status refuse_foreign(const kz_label& label, const std::string& path, bool force) {
    const std::string pool = path + ": the pool " + label.name;
    if (label.state == kDestroyed) return fail(pool + " was destroyed", {}, ExitCode::refused);
    if (label.state == kExported || is_interrupted(label) || force) return {};
    std::string host = label.hostname[0] == '\0' ? "another machine" : label.hostname;
    if (label.hostid != 0) {
        char number[32];
        std::snprintf(number, sizeof number, " (hostid %08llx)", static_cast<unsigned long long>(label.hostid));
        host += number;
    }
    return fail(pool + " was not exported by who used it last: " + host,
                "export it there, or when that machine does not run: --force", ExitCode::refused);
}

Error cannot_import(const ImageSource& image, const char* problem, int error) {
    if (error == EREMOTEIO)
        return Error{image.path + ": the pool has multihost=on, and cannot be changed without a hostid",
                     {},
                     {},
                     ExitCode::refused};
    Error refused = no_pool(image, problem, error);
    if (error == ENOTSUP) refused.message = image.path + ": the pool has features that this OpenZFS does not know";
    return refused;
}

}  // namespace

bool OpenPool::was_interrupted() const {
    return is_interrupted(label_);
}

Result<OpenPool> OpenPool::change(const ImageSource& image, bool force) {
    KLD_TRY(ImagePart part, open_part(image, true));
    KLD_CHECK(lock(part.fd, image.path));
    KLD_CHECK(start_openzfs(KZ_CHANGE, kLimits));
    KLD_CHECK(use_image_in_place(image.path, {part.fd.get(), image.offset, part.size, 1, 1}));
    kz_label label{};
    const char* problem = "";
    if (const int error = kz_pool_label(&label, &problem)) return fail(no_pool(image, problem, error));
    KLD_CHECK(refuse_foreign(label, image.path, force));
    if (const int error = kz_pool_import(&label, &problem)) return fail(cannot_import(image, problem, error));
    OpenPool pool(std::move(part.fd), label);
    std::uint64_t errors = 0;
    if (kz_pool_errors(label.name, &errors) == 0 && errors != 0 && !force) {
        KLD_CHECK(pool.close());
        return fail(
            image.path + ": the pool " + label.name + " is known to be damaged (" + std::to_string(errors) + " errors)",
            "kldload-pool check names what is damaged; --force goes ahead", ExitCode::refused);
    }
    return pool;
}

Status OpenPool::close() const {
    if (const int error = kz_pool_settle(name_.c_str()))
        return fail("cannot write the pool " + name_ + ": " + kz_error(error));
    if (const int error = kz_pool_export(name_.c_str()))
        return fail("cannot export the pool " + name_ + ": " + kz_error(error));
    return {};
}

}  // namespace kld::pool
