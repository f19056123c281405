// SPDX-License-Identifier: BSD-3-Clause
// Keyboard and font of a system's console, by console-setup.
#pragma once

#include <map>
#include <string>

#include "base/files.h"
#include "config/answers.h"
#include "pipeline/menu.h"

namespace kld::pipeline {

/// Files that console-setup is configured by: text by path. Empty: the system has no console-setup.
using ConsoleFiles = std::map<std::string, std::string>;

ConsoleFiles console_files(const config::Answers& answers);

/// Refuses layouts, variants, options and fonts that do not exist; the error lists what there is.
/// @param menu  whose tools have xkb-data and the fonts of console-setup
Status check_console(Files& files, const Menu& menu, const config::Answers& answers);

}  // namespace kld::pipeline
