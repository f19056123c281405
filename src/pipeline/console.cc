// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/console.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "uki/xkb_rules.h"

namespace kld::pipeline {
namespace {

constexpr const char* kFonts = "/usr/share/consolefonts";

/// "TerminusBold32x16" in the variables of /etc/default/console-setup, which says width before height.
std::string font_variables(const std::string& font) {
    const auto at = font.find_first_of("0123456789");
    const auto size = split(font.substr(at), 'x');
    return fmt::format("FONTFACE=\"{}\"\nFONTSIZE=\"{}x{}\"\n", font.substr(0, at), size.size() > 1 ? size[1] : "8",
                       size[0]);
}

/// Face and size of "Lat15-TerminusBold32x16.psf.gz".
std::string font_of(const std::string& file) {
    const auto dash = file.find('-');
    return dash == std::string::npos ? std::string() : file.substr(dash + 1, file.find('.') - dash - 1);
}

Status check_font(Files& files, const std::string& tools_tree, const std::string& font) {
    if (font.empty()) return {};
    KLD_TRY(const auto names, files.list(tools_tree + kFonts));
    std::set<std::string> known;
    for (const auto& name : names) known.insert(font_of(name));
    if (known.contains(font)) return {};
    Error error{fmt::format("console.font '{}' is not known", font), {}, {}, ExitCode::usage};
    error.details.push_back("fonts: " + join({known.begin(), known.end()}, " "));
    return fail(std::move(error));
}

}  // namespace

ConsoleFiles console_files(const config::Answers& answers) {
    if (config::has_usual_console(answers)) return {};
    ConsoleFiles files{{"/etc/default/keyboard",
                        fmt::format("# See keyboard(5).\n\nXKBMODEL=\"pc105\"\nXKBLAYOUT=\"{}\"\n"
                                    "XKBVARIANT=\"{}\"\nXKBOPTIONS=\"{}\"\n\nBACKSPACE=\"guess\"\n",
                                    answers.keyboard_layout, answers.keyboard_variant, answers.keyboard_options)}};
    if (!answers.console_font.empty())
        files["/etc/default/console-setup"] =
            "# See console-setup(5).\n\nACTIVE_CONSOLES=\"/dev/tty[1-6]\"\n\nCHARMAP=\"UTF-8\"\n\nCODESET=\"guess\"\n" +
            font_variables(answers.console_font) + "\nVIDEOMODE=\n";
    return files;
}

Status check_console(Files& files, const Menu& menu, const config::Answers& answers) {
    if (config::has_usual_console(answers)) return {};
    KLD_TRY(const auto rules, files.read(menu.tools_tree + uki::kXkbRules));
    KLD_CHECK(uki::check_xkb(uki::parse_xkb_rules(rules), answers.keyboard_layout, answers.keyboard_variant,
                             answers.keyboard_options));
    KLD_TRY(const auto list, files.read(menu.keymaps + "/" + boot::kKeymapList));
    const auto keymaps = boot::parse_keymap_list(list);
    const auto wanted = config::menu_keymap(answers);
    if (std::none_of(keymaps.begin(), keymaps.end(), [&](const auto& keymap) { return keymap.name == wanted; }))
        return fail(fmt::format("the console cannot have the keyboard layout {}", wanted),
                    "ckbcomp of console-setup does not compile it; choose another", ExitCode::usage);
    return check_font(files, menu.tools_tree, answers.console_font);
}

}  // namespace kld::pipeline
