// SPDX-License-Identifier: BSD-3-Clause
// The compiled half of fmt, once for all programs: Debian has it as a shared library only, which static programs cannot
// use and whose version differs between releases. Everybody else includes <fmt/core.h> alone, which is ten times
// quicker to compile than the whole of it.
#define FMT_HEADER_ONLY 1
#include <fmt/format.h>

namespace kld {

// In this form fmt's functions are inline, so they exist here only when they are used.
extern const void* const kFmtFunctions[];
const void* const kFmtFunctions[] = {
    reinterpret_cast<const void*>(static_cast<std::string (*)(fmt::string_view, fmt::format_args)>(&fmt::vformat)),
    reinterpret_cast<const void*>(static_cast<void (*)(fmt::string_view, fmt::format_args)>(&fmt::vprint)),
    reinterpret_cast<const void*>(static_cast<void (*)(std::FILE*, fmt::string_view, fmt::format_args)>(&fmt::vprint)),
};

}  // namespace kld
