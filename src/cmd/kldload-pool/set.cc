// SPDX-License-Identifier: BSD-3-Clause
#include "pool/set.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "verbs.h"

namespace kld::pool {

namespace {

struct SetArguments {
    ChangeArguments change{};
    std::vector<std::string> words{};
};

Status run_set(const SetArguments& arguments) {
    KLD_TRY(const SetOptions options, parse_set(arguments.words));
    std::string target;
    Properties now;
    KLD_CHECK(change_pool(arguments.change, [&](OpenPool& pool, Events& events) -> Status {
        events.stage("set");
        target = pool.full_name(options.target);
        KLD_TRY(now, set_properties(pool, options));
        return {};
    }));
    if (arguments.change.json) {
        print_json({{"target", target}, {"properties", as_json(now)}});
        return {};
    }
    for (const auto& [name, property] : now)
        std::printf("%s: %s=%s\n", target.c_str(), name.c_str(), property.value.c_str());
    return {};
}

}  // namespace

void add_set(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<SetArguments>();
    CLI::App* verb = app.add_subcommand("set", "Set properties of a dataset, a snapshot or the pool of an image");
    add_change(*verb, arguments->change);
    verb->add_option("words", arguments->words, "PROPERTY=VALUE, any number, and the dataset")
        ->required()
        ->option_text("PROPERTY=VALUE... DATASET");
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_set(*arguments); }; });
}

}  // namespace kld::pool
