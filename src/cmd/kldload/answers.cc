// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "cmd/kldload/verbs.h"
#include "config/schema.h"

namespace kld::cmd {

void add_answers(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("answers", "print a documented answers.toml, or check one");
    auto path = std::make_shared<std::string>();
    verb->add_option("--check", *path, "say what is wrong with this file")->type_name("FILE");
    verb->callback([&context, path] {
        context.chosen([&context, path]() -> Status {
            if (path->empty()) {
                fmt::print("{}", config::answers_template());
                return {};
            }
            KLD_TRY(const auto text, context.files.read(*path));
            auto answers = config::defaults();
            KLD_CHECK(config::parse_answers(answers, text, *path));
            fmt::print("{}", config::to_toml(answers, false));
            return {};
        });
    });
}

}  // namespace kld::cmd
