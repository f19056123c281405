// SPDX-License-Identifier: BSD-3-Clause
#include "pool/streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "pool/image_file.h"
#include "pool/kz.h"
#include "pool/kz_fs.h"
#include "pool/size_needed.h"

namespace kld::pool {

namespace {

std::string shown_name(const std::string& path, const char* standard) {
    return path == "-" ? standard : path;
}

Error not_received(const std::string& what, const std::string& dataset, int error) {
    const std::string start = "cannot receive " + what + " into " + dataset + ": ";
    switch (error) {
        case EBADMSG:
            return Error{start + "it is no ZFS send stream"};
        case ENOTSUP:
            return Error{start + "it is a package of several streams, or needs what this pool or OpenZFS does not have",
                         {},
                         "send one snapshot without -R and -p, and give the pool the features of the sender's"};
        case EXDEV:
            return Error{start + "it holds only what changed since an earlier snapshot", {}, "send the whole snapshot"};
        case ENODATA:
            return Error{start + "it is damaged or cut off",
                         {},
                         "see whether the program that wrote it failed, and compare its sha256"};
        default:
            return Error{start + kz_error(error)};
    }
}

Status check_fixed(const std::string& name, const std::string& shown, const DatasetLayout& wanted) {
    kz_fs* fs = nullptr;
    if (const int error = kz_fs_open(name.c_str(), 0, &fs)) return fail("cannot open " + name + ": " + kz_error(error));
    const kz_filesystem how = kz_fs_how(fs);
    kz_fs_close(fs);
    if (how.normalization == wanted.normalization && how.utf8only == wanted.utf8only &&
        how.casesensitivity == wanted.casesensitivity)
        return {};
    return fail(shown +
                    ": normalization, utf8only and casesensitivity of the sent dataset are not those that the layout "
                    "has for " +
                    name,
                "they are fixed when a dataset is made: change the layout, or send another dataset", ExitCode::usage);
}

/// Where a stream goes. A regular file has the name PATH.partial until keep().
struct Output {
    Fd file{};
    std::string path{}, partial{};

    static Result<Output> open(const std::string& path) {
        Output output;
        output.path = path;
        struct stat status {};
        if (path == "-") {
            output.file = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
            if (!output.file.valid()) return fail(errno_error("cannot write to stdout", errno));
        } else if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
            KLD_TRY(output.file, Fd::open(path, O_WRONLY));
        } else {
            const std::string partial = path + ".partial";
            KLD_TRY(output.file, Fd::open(partial, O_WRONLY | O_CREAT, 0644));
            KLD_CHECK(lock_partial(output.file, partial));
            output.partial = partial;
            if (::ftruncate(output.file.get(), 0) != 0) return fail(errno_error("cannot write " + partial, errno));
        }
        return output;
    }
    Output() = default;
    Output(Output&& other) noexcept
        : file(std::move(other.file)), path(std::move(other.path)), partial(std::exchange(other.partial, {})) {}
    Output& operator=(Output&&) = delete;
    ~Output() {
        if (!partial.empty()) ::unlink(partial.c_str());
    }
    /// @returns an errno value
    int keep() {
        if (partial.empty()) return 0;
        if (::fdatasync(file.get()) != 0 || std::rename(partial.c_str(), path.c_str()) != 0) return errno;
        partial.clear();
        return 0;
    }
};

}  // namespace

Result<StreamFile> parse_stream_file(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        return fail("--stream " + text + ": the form is DATASET=FILE", {}, ExitCode::usage);
    return StreamFile{text.substr(0, equals), text.substr(equals + 1)};
}

Result<Streams> Streams::open(const Layout& layout, const std::vector<StreamFile>& files) {
    Streams streams;
    streams.files_.resize(layout.datasets.size());
    streams.shown_.resize(layout.datasets.size());
    bool stdin_taken = false;
    for (const auto& file : files) {
        const auto found = std::find_if(layout.datasets.begin(), layout.datasets.end(), [&](const auto& dataset) {
            return dataset.name == file.dataset || layout.full_name(dataset.name) == file.dataset;
        });
        const auto at = static_cast<std::size_t>(found - layout.datasets.begin());
        if (found == layout.datasets.end() || at == 0 || !found->takes_files())
            return fail("--stream " + file.dataset + ": the layout has no such dataset that takes files", {},
                        ExitCode::usage);
        if (streams.has(at) || (file.path == "-" && stdin_taken))
            return fail("--stream " + file.dataset + "=" + file.path +
                            ": only one stream can be received into a dataset, "
                            "and one from stdin",
                        {}, ExitCode::usage);
        if (file.path == "-") {
            stdin_taken = true;
            streams.files_[at] = Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
            if (!streams.has(at)) return fail(errno_error("cannot read stdin", errno));
        } else {
            KLD_TRY(streams.files_[at], Fd::open(file.path, O_RDONLY));
        }
        streams.shown_[at] = shown_name(file.path, "stdin");
    }
    return streams;
}

Result<std::string> Streams::receive(std::size_t dataset, const Layout& layout) const {
    const DatasetLayout& wanted = layout.datasets[dataset];
    const std::string name = layout.full_name(wanted.name), &shown = shown_[dataset];
    std::string snapshot(256, '\0');
    if (const int error = kz_receive(name.c_str(), files_[dataset].get(), snapshot.data(), snapshot.size())) {
        if (error != ENOSPC) return fail(not_received(shown, name, error));
        const std::uint64_t needed = size_needed(bytes(), {}, 0, 0);
        return fail("the pool " + layout.pool + " is too small for " + shown,
                    "about " + std::to_string(needed) + " bytes (" + human_bytes(needed) +
                        ") are needed; --size says how many there are");
    }
    KLD_CHECK(check_fixed(name, shown, wanted));
    return name + "@" + snapshot.c_str();
}

std::uint64_t Streams::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& file : files_)
        if (struct stat status{}; file.valid() && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode))
            sum += static_cast<std::uint64_t>(status.st_size);
    return sum;
}

Status send_stream(const OpenPool& pool, const StreamFile& snapshot, const SendOptions& options) {
    const std::string name = pool.full_name(snapshot.dataset);
    const auto at = name.find('@');
    if (at == std::string::npos)
        return fail("--stream " + snapshot.dataset + ": only a snapshot can be sent",
                    "the form is DATASET@SNAPSHOT=FILE", ExitCode::usage);
    const std::string earlier = options.from.empty() ? "" : name.substr(0, at) + "@" + options.from;
    KLD_TRY(auto output, Output::open(snapshot.path));
    int error = kz_send(name.c_str(), earlier.empty() ? nullptr : earlier.c_str(),
                        options.identity ? &*options.identity : nullptr, output.file.get());
    if (error == 0) error = output.keep();
    if (error == 0) return {};
    const std::string what = earlier.empty() ? name : name + " since " + earlier;
    return fail("cannot send " + what + " to " + shown_name(snapshot.path, "stdout") + ": " +
                (error == ENOENT  ? "no such snapshot"
                 : error == EXDEV ? "it is not older"
                                  : kz_error(error)));
}

}  // namespace kld::pool
