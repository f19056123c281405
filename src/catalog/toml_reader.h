// SPDX-License-Identifier: BSD-3-Clause
// Takes values out of a TOML file one by one and says afterwards what was missing, of the wrong kind, or unknown.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld::catalog {

/// Keys are dotted paths. A missing or wrong value gives an empty one, and finish() gives the error: all of a file's
/// faults are told at once, each with its line.
class TomlReader {
public:
    static Result<TomlReader> parse(const std::string& text, const std::string& path);
    TomlReader(TomlReader&&) noexcept;
    TomlReader& operator=(TomlReader&&) noexcept;
    ~TomlReader();

    std::string text(const std::string& key);
    std::vector<std::string> list(const std::string& key);
    bool flag(const std::string& key);
    /// A whole number, not negative.
    unsigned number(const std::string& key);
    /// Names inside the table `key`.
    std::vector<std::string> keys(const std::string& key) const;
    Status finish();

private:
    struct State;
    explicit TomlReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace kld::catalog
