// SPDX-License-Identifier: BSD-3-Clause
#include "packing/stage.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <set>

namespace kld::packing {
namespace {

Status put(Runner& runner, Files& files, const std::string& root, const File& file) {
    const auto path = root + "/" + file.path;
    if (file.link.empty()) return files.write(path, file.bytes, file.mode);
    KLD_CHECK(runner.run({.argv = {"ln", "--symbolic", "--no-target-directory", file.link, path}}));
    return {};
}

/// Whatever the umask of who builds.
Status make_directory(Files& files, const std::string& path) {
    KLD_CHECK(files.make_directories(path));
    if (::chmod(path.c_str(), 0755) != 0) return fail("cannot set the mode of " + path);
    return {};
}

}  // namespace

Status stage(Runner& runner, Files& files, const std::string& root, const std::vector<File>& content) {
    KLD_CHECK(make_directory(files, root));
    for (const auto& directory : directories_of(content)) KLD_CHECK(make_directory(files, root + "/" + directory));
    for (const auto& file : content) KLD_CHECK(put(runner, files, root, file));
    return {};
}

Status set_times(Runner& runner, const std::string& root, long epoch) {
    KLD_CHECK(runner.run(
        {.argv = {"find", root, "-exec", "touch", "--no-dereference", fmt::format("--date=@{}", epoch), "{}", "+"}}));
    return {};
}

std::vector<std::string> directories_of(const std::vector<File>& content) {
    std::set<std::string> all;
    for (const auto& file : content)
        for (auto slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1))
            all.insert(file.path.substr(0, slash));
    return {all.begin(), all.end()};
}

}  // namespace kld::packing
