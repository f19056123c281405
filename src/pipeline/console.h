// SPDX-License-Identifier: BSD-3-Clause
// Keyboard and font of a system's console, by console-setup.
#pragma once

#include <map>
#include <string>

#include "base/files.h"
#include "config/answers.h"

namespace kld::pipeline {

/// Files that console-setup is configured by: text by path. Empty: the system has no console-setup.
using ConsoleFiles = std::map<std::string, std::string>;

ConsoleFiles console_files(const config::Answers& answers);

/// Refuses layouts, variants, options and fonts that do not exist; the error lists what there is.
/// @param tools_tree  has xkb-data, console-setup and the boot menu's keyboard layouts
Status check_console(Files& files, const std::string& tools_tree, const config::Answers& answers);

}  // namespace kld::pipeline
