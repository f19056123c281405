// SPDX-License-Identifier: BSD-3-Clause
#include "manual.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::cmd {
namespace {

/// Text as troff takes it: backslashes and dashes are its own, a point at the beginning of a line is a request.
std::string roff(const std::string& text) {
    auto safe = replace_all(replace_all(text, "\\", "\\e"), "-", "\\-");
    return safe.starts_with(".") || safe.starts_with("'") ? "\\&" + safe : safe;
}

std::vector<const CLI::App*> shown_verbs(const CLI::App& app) {
    std::vector<const CLI::App*> verbs;
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!verb->get_group().empty()) verbs.push_back(verb);
    return verbs;
}

std::vector<const CLI::Option*> shown_options(const CLI::App& app, bool positional) {
    std::vector<const CLI::Option*> options;
    for (const auto* option : app.get_options())
        if (option->get_positional() == positional && !option->get_group().empty()) options.push_back(option);
    return options;
}

/// "name", "[name]", "[name...]"
std::string synopsis(const CLI::App& app) {
    std::string text;
    for (const auto* option : shown_options(app, true)) {
        auto word = option->get_name(true) + (option->get_expected_max() > 1 ? "..." : "");
        text += " " + (option->get_required() ? word : "[" + word + "]");
    }
    return text;
}

std::string spelled(const CLI::Option& option) {
    std::vector<std::string> all;
    for (const auto& name : option.get_snames()) all.push_back("-" + name);
    for (const auto& name : option.get_lnames()) all.push_back("--" + name);
    auto text = join(all, ", ");
    // A flag takes nothing.
    if (option.get_expected_max() > 0 && option.get_type_size_max() > 0) text += " VALUE";
    return text;
}

std::string describe(const CLI::App& app) {
    std::string text;
    for (const bool positional : {true, false})
        for (const auto* option : shown_options(app, positional))
            text += fmt::format(".TP\n.B {}\n{}\n", roff(positional ? option->get_name(true) : spelled(*option)),
                                roff(option->get_description()));
    return text;
}

std::string all_words(const CLI::App& app) {
    std::vector<std::string> all;
    for (const auto* option : shown_options(app, false)) {
        for (const auto& name : option->get_lnames()) all.push_back("--" + name);
        for (const auto& name : option->get_snames()) all.push_back("-" + name);
    }
    return join(all, " ");
}

}  // namespace

std::string man_page(const Tool& tool, const CLI::App& app) {
    std::string name = tool.name;
    std::string upper = name;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char letter) { return static_cast<char>(letter - 32); });
    auto text = fmt::format(".TH {} 8 \"\" \"kldload {}\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", upper, KLD_VERSION,
                            name, roff(tool.summary));
    const auto verbs = shown_verbs(app);
    if (verbs.empty()) text += fmt::format(".B {}\n[OPTIONS]{}\n", name, roff(synopsis(app)));
    for (const auto* verb : verbs)
        text += fmt::format(".B {} {}\n[OPTIONS]{}\n.br\n", name, verb->get_name(), roff(synopsis(*verb)));
    for (const auto* verb : verbs) {
        if (verb == verbs.front()) text += ".SH COMMANDS\n";
        text += fmt::format(".SS {}{}\n{}\n{}", verb->get_name(), roff(synopsis(*verb)), roff(verb->get_description()),
                            describe(*verb));
    }
    text += ".SH OPTIONS\n" + describe(app);
    text +=
        ".SH EXIT STATUS\n0 done, 1 failed, 2 the command line is wrong, 3 refused: a guard held, 4 the state is not "
        "known\n";
    return text;
}

std::string bash_completion(const Tool& tool, const CLI::App& app) {
    const std::string name = tool.name;
    const auto verbs = shown_verbs(app);
    std::vector<std::string> names;
    std::string cases;
    for (const auto* verb : verbs) {
        names.push_back(verb->get_name());
        cases += fmt::format("\t{}) words=\"{}\" ;;\n", verb->get_name(), all_words(*verb));
    }
    const auto values = tool.completes == nullptr ? std::string() : fmt::format(" $({} 2>/dev/null)", tool.completes);
    return fmt::format(
        "# bash completion for {0}\n"
        "_{0}() {{\n"
        "\tlocal cur=${{COMP_WORDS[COMP_CWORD]}} verb= word words\n"
        "\tfor word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
        "\t\tcase $word in -*) ;; *) verb=$word; break ;; esac\n"
        "\tdone\n"
        "\tcase $verb in\n"
        "\t'') words=\"{1} {2}\" ;;\n{3}"
        "\tesac\n"
        "\tcase $cur in\n"
        "\t-*) ;;\n"
        "\t*) [ -z \"$verb\" ] || words=\"{4}\" ;;\n"
        "\tesac\n"
        "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
        "}}\n"
        "complete -o bashdefault -o default -F _{0} {0}\n",
        name, join(names, " "), all_words(app), cases, values);
}

}  // namespace kld::cmd
