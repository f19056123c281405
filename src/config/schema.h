// SPDX-License-Identifier: BSD-3-Clause
// The one description of all answers: parser, flags, help, documentation and redaction are made from it.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/answers.h"

namespace kld::config {

/// Where a value goes.
using Target = std::variant<std::string Answers::*, std::vector<std::string> Answers::*>;

struct Field {
    std::string key;       ///< dotted, as in the TOML file
    std::string help;      ///< one line, lower case
    std::string fallback;  ///< value when nothing is said
    std::string example;   ///< a value that passes `check`
    Target target;
    bool secret = false;     ///< never on a command line, never in a log; on the command line only as a file
    bool from_file = false;  ///< on the command line it is given as a file, one value a line
    /// Says what is wrong with one value, or nothing.
    std::function<std::string(const std::string&)> check;
    std::string option{};  ///< the flag, where it is not made of the key

    /// "--user-ssh-keys-file" for a field given as a file, else "--user-name".
    std::string flag() const;
};

/// All fields, in the order in which they are shown.
const std::vector<Field>& schema();

/// An Answers with every fallback.
Answers defaults();

/// Sets one value (or appends to a list) after checking it. Errors name the key, and the value unless it is secret.
Status set(Answers& answers, const Field& field, const std::string& value);

/// Parses a whole answers.toml over `answers`; unknown keys and wrong values are all told at once, with their lines.
Status parse_answers(Answers& answers, const std::string& text, const std::string& path);

/// What must hold between fields: a static network has an address; there is a way to log in.
/// @param has_ssh  the machine will run an ssh server
/// @param seeded   accounts may come with the machine later
Status check_answers(const Answers& answers, bool has_ssh, bool seeded = false);

/// As answers.toml, with secrets replaced by "(hidden)" unless `reveal`.
std::string to_toml(const Answers& answers, bool reveal);

/// The documented template: every key with its help and an example, commented out.
std::string answers_template();

}  // namespace kld::config
