// SPDX-License-Identifier: BSD-3-Clause
#include "verbs.h"

#include "support/fakes.h"

namespace kld::cmd {

void for_each_verb(const std::function<void(const std::string& name, const CLI::App& verb)>& look) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    ToolContext context{.runner = runner, .files = files, .events = {}, .chosen = {}};
    for (const auto& tool : all_tools()) {
        CLI::App app{tool.summary, tool.name};
        tool.add(app, context);
        const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
        if (verbs.empty()) look(tool.name, app);
        for (const auto* verb : verbs)
            if (!verb->get_group().empty()) look(std::string(tool.name) + " " + verb->get_name(), *verb);
    }
}

bool has_option(const CLI::App& verb, const std::string& name) {
    return verb.get_option_no_throw(name) != nullptr;
}

}  // namespace kld::cmd
