// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/builtins.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "zfs/mounts.h"

namespace kld::zfs {
namespace {

Result<Output> make_directory(const std::string& path) {
    constexpr mode_t kAllThatTheUmaskLeaves = 0777;
    if (::mkdir(path.c_str(), kAllThatTheUmaskLeaves) != 0)
        return fail(errno_error("cannot create the directory " + path, errno));
    return Output{};
}

Result<Output> find_mount(Files& files, const std::string& source, const std::string& target) {
    KLD_TRY(const auto mounts, read_mounts(files));
    if (dataset_at(mounts, target) != source) return fail(fmt::format("{} is not mounted on {}", source, target));
    return Output{};
}

Result<Output> real_path(const std::string& path) {
    std::error_code error;
    // readlink -f does not mind when the last part is missing, and prints nothing when an earlier one is.
    const auto real = std::filesystem::weakly_canonical(path, error);
    if (error || !std::filesystem::exists(real.parent_path(), error))
        return fail(fmt::format("cannot follow the links of {}: {}", path,
                                error ? error.message() : "a part of it is not there"));
    return Output{0, real.string() + "\n", {}};
}

}  // namespace

Result<Output> Builtins::run(const Command& command) {
    const auto& argv = command.argv;
    if (argv.size() == 3 && argv[0] == "mkdir" && argv[1] == "--") return make_directory(argv[2]);
    if (argv.size() == 3 && argv[0] == "readlink" && argv[1] == "-f") return real_path(argv[2]);
    if (argv.size() == 6 && argv[0] == "findmnt" && argv[1] == "--noheadings" && argv[2] == "--source" &&
        argv[4] == "--mountpoint")
        return find_mount(files_, argv[3], argv[5]);
    return runner_.run(command);
}

}  // namespace kld::zfs
