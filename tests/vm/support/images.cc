// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/images.h"

#include <fmt/core.h>

#include <cctype>
#include <cstdlib>

#include "base/files.h"
#include "vm/acceleration.h"

namespace kld::test {

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

Result<std::string> image_path(const std::string& name) {
    std::string variable = "KLD_TEST_IMAGE_";
    for (const char letter : name)
        variable += std::isalnum(static_cast<unsigned char>(letter)) ? static_cast<char>(std::toupper(letter)) : '_';
    const auto path =
        environment(variable).value_or(fmt::format("{}/test-images/{}.qcow2", vm::default_cache_directory(), name));
    if (RealFiles().exists(path)) return path;
    return fail(fmt::format("no test image '{}' at {}", name, path),
                fmt::format("build it there, or name one by {}", variable));
}

}  // namespace kld::test
