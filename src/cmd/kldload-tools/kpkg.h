// SPDX-License-Identifier: BSD-3-Clause
// What the verbs of kpkg share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "packages/transaction.h"
#include "tools.h"

namespace kld::cmd {

struct PackageOptions {
    ChangeOptions change{};
    std::vector<std::string> words{};
    bool tabs = false, unprotected = false;
    std::size_t last = 0;
};
using PackageOptionsPtr = std::shared_ptr<PackageOptions>;
/// A command line of the manager.
using PackageCommand = std::vector<std::string> packages::Manager::*;

/// The native tool on the terminal; with --json its words go to stderr, since stdout is for ours.
/// @param transaction  that it works for; empty: none
Result<int> run_native(ToolContext& context, const std::vector<std::string>& command, const std::string& transaction,
                       bool json);

/// A command of the native tool with what a person names behind it, which must not become an option of that tool by
/// accident.
Result<std::vector<std::string>> native_command(const std::vector<std::string>& command,
                                                const std::vector<std::string>& words);

/// Packages with the version before and after, for people.
void show_package_changes(const packages::Record& record);

void add_package_questions(CLI::App& app, ToolContext& context);  ///< update, search, info, list, history
void add_package_hooks(CLI::App& app, ToolContext& context);
void add_package_undo(CLI::App& app, ToolContext& context);

}  // namespace kld::cmd
