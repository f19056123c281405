// SPDX-License-Identifier: BSD-3-Clause
#include "cmd/events_option.h"
#include "pool/streams.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct SendArguments {
    ImageArguments image{};
    std::vector<std::string> streams{};
    SendOptions options{};
    std::uint64_t guid = 0, creation = 0;
    int events_fd = -1;
};

Status run_send(const SendArguments& arguments) {
    std::vector<StreamFile> files;
    for (const auto& text : arguments.streams) {
        KLD_TRY(files.emplace_back(), parse_stream_file(text));
    }
    SendOptions options = arguments.options;
    if (arguments.guid != 0) options.identity = kz_identity{arguments.guid, arguments.creation};
    KLD_TRY(const OpenPool pool, arguments.image.open());
    const auto events = events_for(arguments.events_fd);
    for (const auto& file : files) {
        events->stage("send " + pool.full_name(file.dataset));
        KLD_CHECK(send_stream(pool, file, options));
    }
    events->finish();
    return {};
}

}  // namespace

void add_send(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<SendArguments>();
    CLI::App* verb =
        app.add_subcommand("send", "Write snapshots as send streams, for zfs receive or kldload-pool receive");
    add_image(*verb, arguments->image);
    verb->add_option("--stream", arguments->streams, "DATASET@SNAPSHOT=FILE, - for stdout; may be given again")
        ->required()
        ->take_all();
    verb->add_option("--from", arguments->options.from, "only what changed since this earlier snapshot of the dataset");
    auto* guid = verb->add_option("--guid", arguments->guid, "GUID of the snapshots where they are received")
                     ->check(CLI::PositiveNumber);
    verb->add_option("--creation", arguments->creation, "their creation time, in seconds since the epoch; with --guid")
        ->needs(guid);
    cmd::add_events_fd(*verb, arguments->events_fd);
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_send(*arguments); }; });
}

}  // namespace kld::pool
