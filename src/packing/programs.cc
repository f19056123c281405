// SPDX-License-Identifier: BSD-3-Clause
#include "packing/programs.h"

#include <fmt/core.h>

#include <cstdlib>

#include "base/text.h"

namespace kld::packing {

Status need_programs(Files& files, const std::vector<Program>& programs, const std::string& what) {
    const char* path = std::getenv("PATH");
    const auto places = split(path == nullptr ? "/usr/bin:/bin" : path, ':');
    std::vector<std::string> missing, packages;
    for (const auto& program : programs) {
        bool there = false;
        for (const auto& place : places) there = there || files.exists(place + "/" + program.name);
        if (there) continue;
        missing.push_back(program.name);
        if (!contains(packages, program.package)) packages.push_back(program.package);
    }
    if (missing.empty()) return {};
    return fail(fmt::format("{} needs {}, which is not here", what, join(missing, " and ")),
                "apt-get install " + join(packages, " "));
}

}  // namespace kld::packing
