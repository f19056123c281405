// SPDX-License-Identifier: BSD-3-Clause
#include "menu/reason.h"

#include "base/text.h"

namespace kld::menu {

std::string reason(const Error& error) {
    std::vector<std::string> said;
    // The first detail is the command, which tells a person nothing.
    for (std::size_t index = 1; index < error.details.size(); ++index)
        if (const auto text = trim(error.details[index]); !text.empty()) said.emplace_back(text);
    if (!said.empty()) return join(said, " ");
    return error.details.empty() ? error.message : error.message + ": " + join(error.details, " ");
}

}  // namespace kld::menu
