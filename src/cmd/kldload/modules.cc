// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/user_namespace.h"
#include "cmd/kldload/verbs.h"
#include "pipeline/kernels.h"

namespace kld::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct ModulesOptions {
    std::string distro;
    pipeline::KernelChoice choice;
    std::string to;
    bool json = false;
};

/// Calls `act` with a Build on the context's seams.
template <typename Act>
Status with_build(Context& context, Act act) {
    KLD_TRY(const auto places, pipeline::find_places());
    const auto events = context.events();
    pipeline::Build build{context.runner, context.files, *events, places};
    return act(build);
}

Status list(Context& context, const ModulesOptions& options) {
    return with_build(context, [&](pipeline::Build& build) -> Status {
        KLD_TRY(const auto kernels, pipeline::list_kernels(build, options.distro));
        if (options.json) {
            Json out{{"version", 1}, {"distribution", options.distro}, {"kernels", Json::array()}};
            for (const auto& kernel : kernels)
                out["kernels"].push_back(Json{{"release", kernel.release},
                                              {"package_version", kernel.version},
                                              {"current", kernel.current},
                                              {"built", kernel.built}});
            fmt::print("{}\n", out.dump(1));
            return {};
        }
        std::size_t width = 6, versions = 7;
        for (const auto& kernel : kernels) {
            width = std::max(width, kernel.release.size());
            versions = std::max(versions, kernel.version.size());
        }
        fmt::print("{:<{}}  {:<{}}  {:<8}  CURRENT\n", "KERNEL", width, "PACKAGE", versions, "MODULES");
        for (const auto& kernel : kernels)
            fmt::print("{:<{}}  {:<{}}  {:<8}  {}\n", kernel.release, width, kernel.version, versions,
                       kernel.built ? "built" : "-", kernel.current ? "yes" : "-");
        return {};
    });
}

void print_packages(const std::vector<std::string>& packages) {
    for (const auto& package : packages) fmt::print("{}\n", package);
}

Status build_them(Context& context, const ModulesOptions& options) {
    KLD_CHECK(become_root(context.files, context.arguments));
    return with_build(context, [&](pipeline::Build& build) -> Status {
        KLD_TRY(const auto packages, pipeline::build_modules(build, options.distro, options.choice));
        if (options.json)
            fmt::print("{}\n", Json{{"version", 1}, {"packages", packages}}.dump(1));
        else
            print_packages(packages);
        return {};
    });
}

Status publish(Context& context, const ModulesOptions& options) {
    KLD_CHECK(become_root(context.files, context.arguments));
    return with_build(context, [&](pipeline::Build& build) -> Status {
        KLD_TRY(const auto published, pipeline::publish_repository(build, options.distro, options.choice, options.to));
        if (options.json)
            fmt::print("{}\n", Json{{"version", 1},
                                    {"directory", published.directory},
                                    {"key", published.key},
                                    {"packages", published.packages}}
                                   .dump(1));
        else
            fmt::print("{} is signed with {}\n", published.directory, published.key);
        return {};
    });
}

void add_choice(CLI::App& verb, ModulesOptions& options) {
    auto* releases = verb.add_option("--kernel", options.choice.releases,
                                     "this kernel release (repeated); otherwise the distribution's current one");
    verb.add_flag("--all", options.choice.all, "every kernel that the archive offers")->excludes(releases);
}

}  // namespace

void add_modules(CLI::App& app, Context& context) {
    auto options = std::make_shared<ModulesOptions>();
    auto* group = app.add_subcommand("modules", "ZFS modules for the kernels that a distribution offers");
    group->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, Status (*run)(Context&, const ModulesOptions&)) {
        auto* verb = group->add_subcommand(name, help);
        verb->add_option("distro", options->distro, "entry of the catalogue, e.g. debian-13")->required();
        verb->add_flag("--json", options->json, "print the result as JSON");
        verb->callback(
            [&context, options, run] { context.chosen([&context, options, run] { return run(context, *options); }); });
        return verb;
    };
    add("list", "show kernels, and which have modules in the cache", list);
    add_choice(*add("build", "compile and sign modules, each as a package", build_them), *options);
    auto* verb = add("publish", "add them to a signed package repository that machines update from", publish);
    add_choice(*verb, *options);
    verb->add_option("--to", options->to, "directory of the repositories; one below it for each distribution")
        ->required();
}

}  // namespace kld::cmd
