// SPDX-License-Identifier: BSD-3-Clause
#include "base/result.h"

#include <cstring>

namespace kld {

Error errno_error(const std::string& message, int number) {
    return Error{message + ": " + std::strerror(number), {}, {}, ExitCode::failed};
}

std::string render(const Error& error) {
    std::string text = "error: " + error.message + "\n";
    for (const auto& line : error.details) text += "  " + line + "\n";
    if (!error.hint.empty()) text += "  hint: " + error.hint + "\n";
    return text;
}

}  // namespace kld
