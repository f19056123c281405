// SPDX-License-Identifier: BSD-3-Clause
// Compiles the keyboard layouts that the boot menu carries.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "boot/keymap.h"

namespace kld::uki {

/// Whose data is in them.
inline const std::vector<std::string> kKeymapSources{"/usr/share/X11/xkb/rules/base.lst", "/usr/bin/ckbcomp"};

/// Compiles every layout and variant of the tree's xkb-data with its ckbcomp (console-setup) and loadkeys (kbd), as
/// console-setup does on an installed system. What these cannot compile is left out; the layout of the kernel must be
/// among the others.
/// @param output   a directory to make: a file for each, and boot::kKeymapList
/// @param threads  how many are compiled at a time
/// @returns all of them, by name
Result<std::vector<boot::KeymapName>> make_keymaps(Runner& runner, Files& files, const std::string& tree,
                                                   const std::string& output, unsigned threads);

}  // namespace kld::uki
