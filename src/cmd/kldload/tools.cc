// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cmd/kldload/verbs.h"
#include "pipeline/tools.h"

namespace kld::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct ToolsOptions {
    std::string to;
    std::string url;
    std::vector<std::string> families;
    bool json = false;
};

Status pack(pipeline::Build& build, const ToolsOptions& options) {
    KLD_TRY(const auto packed, pipeline::pack_tools(build, options.families, options.to));
    if (!options.json) {
        for (const auto& one : packed) fmt::print("{}\n", one.package);
        return {};
    }
    Json out{{"version", 1}, {"packages", Json::array()}};
    for (const auto& one : packed) out["packages"].push_back(Json{{"family", one.family}, {"package", one.package}});
    fmt::print("{}\n", out.dump(1));
    return {};
}

void print_published(const pipeline::PublishedTools& one) {
    fmt::print("{}: {}\n\n", one.family, one.package);
    for (const auto& line : lines(one.source.text)) fmt::print("    {}\n", line);
    fmt::print("\n  on a machine, with the files of {}:\n\n", one.directory);
    for (const auto& line : packing::steps(one.source)) fmt::print("    {}\n", line);
    fmt::print("\n");
}

Status publish(pipeline::Build& build, const ToolsOptions& options) {
    KLD_TRY(const auto published, pipeline::publish_tools(build, {options.families, options.to, options.url}));
    if (!options.json) {
        for (const auto& one : published) print_published(one);
        return {};
    }
    Json out{{"version", 1}, {"repositories", Json::array()}};
    for (const auto& one : published)
        out["repositories"].push_back(Json{{"family", one.family},
                                           {"directory", one.directory},
                                           {"key", one.directory + "/" + packing::kKeyFile},
                                           {"packages", Json::array({one.package})},
                                           {"source", one.directory + "/" + one.source.file},
                                           {"target", one.source.target},
                                           {"steps", packing::steps(one.source)}});
    fmt::print("{}\n", out.dump(1));
    return {};
}

}  // namespace

void add_tools(CLI::App& app, Context& context) {
    auto options = std::make_shared<ToolsOptions>();
    auto* group = app.add_subcommand("tools", "the k* commands as packages for apt, dnf and pacman");
    group->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, const char* to,
                         Status (*run)(pipeline::Build&, const ToolsOptions&)) {
        auto* verb = group->add_subcommand(name, help);
        verb->add_option("--to", options->to, to)->required();
        verb->add_option("--family", options->families, "for this package family (repeated); otherwise for all")
            ->check(CLI::IsMember(pipeline::tool_families()));
        verb->add_flag("--json", options->json, "print the result as JSON");
        verb->callback([&context, options, run] {
            context.chosen([&context, options, run]() -> Status {
                KLD_TRY(const auto places, pipeline::find_places());
                const auto events = context.events();
                pipeline::Build build{context.runner, context.files, *events, places};
                return run(build, *options);
            });
        });
        return verb;
    };
    add("pack", "pack them, without signatures", "directory for the packages", pack);
    add("publish", "add them to signed package repositories",
        "directory of the repositories; one below it for each family", publish)
        ->add_option("--url", options->url, "where machines find that directory; otherwise as a path");
}

}  // namespace kld::cmd
