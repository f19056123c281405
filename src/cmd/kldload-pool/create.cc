// SPDX-License-Identifier: BSD-3-Clause
#include "pool/create.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cmd/events_option.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct CreateArguments {
    CreateOptions options{};
    std::string offset{}, size{};
    std::vector<std::string> streams{};
    int events_fd = -1;
    bool json = false;
};

void print_create(const CreateReport& report, bool json) {
    if (json) {
        const nlohmann::json out = {{"version", 1},
                                    {"pool", report.pool},
                                    {"entries", report.entries},
                                    {"bytes", report.bytes},
                                    {"allocated", report.allocated},
                                    {"datasets", report.datasets},
                                    {"snapshots", report.snapshots},
                                    {"features_left_out", report.features_left_out}};
        std::printf("%s\n", out.dump(2).c_str());
        return;
    }
    std::printf("%s: %llu entries, %s of files, %s in the pool\n", report.pool.c_str(),
                static_cast<unsigned long long>(report.entries), human_bytes(report.bytes).c_str(),
                human_bytes(report.allocated).c_str());
}

Status run_create(CreateArguments arguments) {
    CreateOptions& options = arguments.options;
    if (!arguments.offset.empty()) {
        KLD_TRY(options.image.offset, parse_size(arguments.offset));
    }
    if (!arguments.size.empty()) {
        KLD_TRY(options.image.size, parse_size(arguments.size));
    }
    for (const auto& text : arguments.streams) {
        KLD_TRY(options.streams.emplace_back(), parse_stream_file(text));
    }
    const auto events = events_for(arguments.events_fd);
    KLD_TRY(const auto report, create(options, *events));
    for (const auto& feature : report.features_left_out)
        events->note("feature " + feature + " is not known to this OpenZFS; the pool does without it");
    events->finish();
    print_create(report, arguments.json);
    return {};
}

/// What create and receive have in common.
CLI::App* add_verb(CLI::App& app, const char* name, const char* description, CreateArguments& arguments) {
    CLI::App* verb = app.add_subcommand(name, description);
    verb->add_option("--image", arguments.options.image.path, "image file, made or written into")->required();
    verb->add_option("--offset", arguments.offset, "write into the existing image from this byte");
    verb->add_option("--size", arguments.size, "bytes of the pool's device (K, M, G, T are binary)");
    verb->add_option("--layout", arguments.options.layout, "layout file (JSON)")->required();
    verb->add_option("--overlay", arguments.options.overlays, "tar file whose entries win; may be given again")
        ->take_all();
    cmd::add_events_fd(*verb, arguments.events_fd);
    verb->add_flag("--force", arguments.options.image.force, "write over what has a known signature");
    verb->add_flag("--json", arguments.json, "print the result as JSON");
    return verb;
}

}  // namespace

void add_create(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<CreateArguments>();
    CLI::App* verb =
        add_verb(app, "create", "Make a pool in an image and fill it from a directory or a tar stream", *arguments);
    auto* tree = verb->add_option("--tree", arguments->options.tree, "directory to fill the pool from");
    auto* tar = verb->add_option("--tar", arguments->options.tar, "tar file to fill the pool from, - for stdin");
    tree->excludes(tar);
    verb->callback([arguments, &chosen, tree, tar] {
        if (tree->count() + tar->count() == 0) throw CLI::RequiredError("--tree or --tar");
        chosen = [arguments] { return run_create(*arguments); };
    });
}

void add_receive(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<CreateArguments>();
    CLI::App* verb = add_verb(app, "receive", "Make a pool in an image out of send streams", *arguments);
    verb->add_option("--stream", arguments->streams, "DATASET=FILE, - for stdin; may be given again")
        ->required()
        ->take_all();
    verb->add_option("--remove", arguments->options.removals, "path that is taken away; may be given again")
        ->take_all();
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_create(*arguments); }; });
}

}  // namespace kld::pool
