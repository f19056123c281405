// SPDX-License-Identifier: BSD-3-Clause
#include "pool/apply.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct ApplyArguments {
    ChangeArguments change{};
    ApplyOptions options{};
};

Status run_apply(const ApplyArguments& arguments) {
    ApplyReport report;
    KLD_CHECK(change_pool(arguments.change, [&arguments, &report](OpenPool& pool, Events& events) -> Status {
        KLD_TRY(report, apply(pool, arguments.options, events));
        return {};
    }));
    if (arguments.change.json)
        print_json({{"dataset", report.dataset}, {"entries", report.entries}, {"bytes", report.bytes}});
    else
        std::printf("%s: %llu entries, %s of files\n", report.dataset.c_str(),
                    static_cast<unsigned long long>(report.entries), human_bytes(report.bytes).c_str());
    return {};
}

}  // namespace

void add_apply(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<ApplyArguments>();
    CLI::App* verb = app.add_subcommand("apply", "Bring overlays over a dataset of an image, all of them or nothing");
    add_change(*verb, arguments->change);
    verb->add_option("dataset", arguments->options.dataset, "dataset that is changed")->required();
    verb->add_option("overlay", arguments->options.overlays, "tar file whose entries win, - for stdin (repeated)");
    verb->add_option("--remove", arguments->options.removals, "path that is taken away; may be given again")
        ->take_all();
    verb->callback([arguments, &chosen] {
        if (arguments->options.overlays.empty() && arguments->options.removals.empty())
            throw CLI::RequiredError("an overlay or --remove");
        chosen = [arguments] { return run_apply(*arguments); };
    });
}

}  // namespace kld::pool
