// SPDX-License-Identifier: BSD-3-Clause
// What every fallible function returns: a value, or an Error that says what was tried, what came back and what to do.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace kld {

/// Exit codes of every program (docs/decisions.md, "Exit codes").
enum class ExitCode : int { done = 0, failed = 1, usage = 2, refused = 3, unknown = 4 };

/// An expected failure. `message` is one line without a trailing full stop and names the input; `details` are printed
/// indented below it; `hint` is the way out and may be empty.
struct Error {
    std::string message;
    std::vector<std::string> details{};
    std::string hint{};
    ExitCode code = ExitCode::failed;

    /// Puts "`context`: " before the message, for callers who know better what was being done.
    Error within(const std::string& context) && {
        message = context + ": " + message;
        return std::move(*this);
    }
    Error with_detail(std::string line) && {
        details.push_back(std::move(line));
        return std::move(*this);
    }
    Error with_hint(std::string text) && {
        hint = std::move(text);
        return std::move(*this);
    }
};

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(std::string message, std::string hint = {}, ExitCode code = ExitCode::failed) {
    return tl::unexpected<Error>(Error{std::move(message), {}, std::move(hint), code});
}

/// "message: strerror(number)".
Error errno_error(const std::string& message, int number);

/// The text that main prints to stderr: "error: …", indented details, "hint: …", each line ended by a newline.
std::string render(const Error& error);

}  // namespace kld

#define KLD_JOIN_(a, b) a##b
#define KLD_JOIN(a, b) KLD_JOIN_(a, b)

/// KLD_TRY(auto x, f()); declares x from the value of f(), or returns its error from the enclosing function.
#define KLD_TRY(declaration, expression)                                                      \
    auto KLD_JOIN(kld_try_, __LINE__) = (expression);                                         \
    if (!KLD_JOIN(kld_try_, __LINE__))                                                        \
        return tl::unexpected<::kld::Error>(std::move(KLD_JOIN(kld_try_, __LINE__)).error()); \
    declaration = std::move(*KLD_JOIN(kld_try_, __LINE__))

/// KLD_CHECK(f()); returns the error of f(), drops its value.
#define KLD_CHECK(expression)                                                   \
    do {                                                                        \
        if (auto kld_check_ = (expression); !kld_check_)                        \
            return tl::unexpected<::kld::Error>(std::move(kld_check_).error()); \
    } while (false)
