// SPDX-License-Identifier: BSD-3-Clause
// kdf: file systems and the datasets that they are.
#include <fmt/core.h>

#include "datasets/listing.h"
#include "datasets/place.h"
#include "tools.h"

namespace kld::cmd {
namespace {

struct FreeOptions {
    ListOutput output{};
    std::vector<std::string> paths{};
    bool all = false;
};

Status show_free(ToolContext& context, const FreeOptions& options) {
    std::vector<std::string> paths;
    for (const auto& path : options.paths) {
        KLD_TRY(auto real, datasets::real_path(path));
        paths.push_back(std::move(real));
    }
    KLD_TRY(const auto listing, datasets::read_listing(context.runner, context.files, paths, options.all));
    if (options.output.json) {
        fmt::print("{}", datasets::to_json(listing));
        return {};
    }
    options.output.print(listing.datasets, "datasets", listing.datasets.columns.size());
    if (!options.output.tabs) fmt::print("\n{}", to_columns(listing.pools));
    return {};
}

}  // namespace

void add_kdf(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<FreeOptions>();
    options->output.add_to(app);
    app.add_flag("-a", options->all, "also datasets that are not mounted");
    app.add_option("path", options->paths, "only the datasets that these lie on")->excludes("-a");
    app.callback([&context, options] { context.run([&context, options] { return show_free(context, *options); }); });
}

}  // namespace kld::cmd
