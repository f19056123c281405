// SPDX-License-Identifier: BSD-3-Clause
#include "base/confirm.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace kld {
namespace {

/// What comes before the end of the line, or of the input.
std::string read_line(int input) {
    std::string line;
    for (char letter = 0;;) {
        const auto got = ::read(input, &letter, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || letter == '\n') return line;
        line += letter;
    }
}

}  // namespace

Status confirm(const std::string& question, const std::string& alone, int input) {
    if (::isatty(input) != 1) return fail(alone, "--yes says it", ExitCode::refused);
    fmt::print(stderr, "{} Type yes to go ahead: ", question);
    if (trim(read_line(input)) == "yes") return {};
    return fail("the answer was not yes: nothing was changed", {}, ExitCode::refused);
}

}  // namespace kld
