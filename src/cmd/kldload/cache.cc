// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/age.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "cmd/kldload/verbs.h"
#include "pipeline/cache.h"
#include "pipeline/places.h"

namespace kld::cmd {
namespace {

struct CacheOptions {
    std::string unused, max_size;
    bool dry_run = false, json = false;
};

void print_entries(const std::vector<pipeline::CacheEntry>& entries, bool json) {
    const auto table = pipeline::list_entries(entries);
    fmt::print("{}", json ? to_json(table, "entries") : to_columns(table));
}

Status list_entries(const CacheOptions& options) {
    KLD_TRY(const auto places, pipeline::find_places());
    KLD_TRY(const auto entries, pipeline::list_cache(places.cache));
    print_entries(entries, options.json);
    if (!options.json) fmt::print("{} in {}\n", human_bytes(pipeline::bytes_of(entries)), places.cache);
    return {};
}

Status prune(Context& context, const CacheOptions& options) {
    pipeline::CacheRules rules;
    if (!options.unused.empty()) {
        KLD_TRY(rules.unused, parse_age(options.unused));
    }
    if (!options.max_size.empty()) {
        KLD_TRY(rules.max_bytes, parse_size(options.max_size));
    }
    if (!rules.unused && !rules.max_bytes) rules.unused = pipeline::kUnusedSeconds;
    // What was built without root's rights belongs to the users of that namespace.
    KLD_CHECK(become_root(context.files, context.arguments));
    KLD_TRY(const auto places, pipeline::find_places());
    KLD_TRY(const auto entries, pipeline::list_cache(places.cache));
    auto chosen = pipeline::choose_unused(entries, rules, std::time(nullptr));
    if (!options.dry_run) {
        KLD_TRY(chosen, pipeline::remove_entries(context.files, places.cache, chosen));
    }
    print_entries(chosen, options.json);
    if (!options.json)
        fmt::print("{} {}\n", human_bytes(pipeline::bytes_of(chosen)), options.dry_run ? "would be freed" : "are free");
    return {};
}

}  // namespace

void add_cache(CLI::App& app, Context& context) {
    auto options = std::make_shared<CacheOptions>();
    auto* group = app.add_subcommand("cache", "what builds keep to be quick the next time");
    group->require_subcommand(1);
    auto* listing = group->add_subcommand("list", "show it, least recently used first");
    listing->add_flag("--json", options->json, "print JSON");
    listing->callback([&context, options] { context.chosen([options] { return list_entries(*options); }); });
    auto* verb = group->add_subcommand("prune", "remove what was not used for long; what was used today stays");
    verb->add_option("--unused", options->unused, "since when: 12h, 30d, 8w, 1y; 30d when no rule is given")
        ->type_name("AGE");
    verb->add_option("--max-size", options->max_size, "the least recently used go, until all are no more than this")
        ->type_name("SIZE");
    verb->add_flag("--dry-run", options->dry_run, "show what would go");
    verb->add_flag("--json", options->json, "print JSON");
    verb->callback([&context, options] { context.chosen([&context, options] { return prune(context, *options); }); });
}

}  // namespace kld::cmd
