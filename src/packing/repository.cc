// SPDX-License-Identifier: BSD-3-Clause
#include "packing/repository.h"

#include <fmt/core.h>

namespace kld::packing {

Error published_otherwise(const std::string& path) {
    return {.message = fmt::format("{} is there already, with other content", path),
            .hint = "raise the package's version, or remove the file if nobody uses it",
            .code = ExitCode::refused};
}

std::vector<std::string> steps(const Source& source) {
    auto all = source.before;
    all.push_back(fmt::format("install -m 0644 {} {}", source.file, source.target));
    all.insert(all.end(), source.after.begin(), source.after.end());
    return all;
}

Result<Lock> lock_repository(const std::string& directory) {
    return Lock::wait_for(directory + "/.kldload.lock");
}

Result<bool> same_content(Runner& runner, const std::string& first, const std::string& second) {
    KLD_TRY(const auto compared, runner.run({.argv = {"cmp", "--silent", first, second},
                                             .accept = [](int code) { return code == 0 || code == 1; }}));
    return compared.exit_code == 0;
}

Status add_file(Runner& runner, Files& files, const std::string& file, const std::string& directory) {
    const auto target = directory + file.substr(file.rfind('/'));
    if (!files.exists(target)) {
        KLD_CHECK(runner.run({.argv = {"cp", "--reflink=auto", file, target + ".new"}}));
        return files.rename(target + ".new", target);
    }
    KLD_TRY(const auto same, same_content(runner, file, target));
    if (!same) return fail(published_otherwise(target));
    return {};
}

}  // namespace kld::packing
