// SPDX-License-Identifier: BSD-3-Clause
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "pool/kz.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct Guids {
    std::string pool{};
    std::uint64_t old_guid = 0, new_guid = 0;
};

Result<Guids> reguid(const OpenPool& pool) {
    Guids guids{pool.name()};
    const int error = kz_pool_reguid(pool.name().c_str(), &guids.old_guid, &guids.new_guid);
    if (error == EEXIST)
        return fail(pool.name() + " has a checkpoint, with which it must keep its GUID",
                    "zpool checkpoint --discard gives the checkpoint up", ExitCode::refused);
    if (error == ENXIO) return fail(pool.name() + " is not healthy and keeps its GUID", {}, ExitCode::refused);
    if (error != 0) return fail("cannot give " + pool.name() + " another GUID: " + kz_error(error));
    return guids;
}

Status run_reguid(const ChangeArguments& arguments) {
    Guids guids;
    KLD_CHECK(change_pool(arguments, [&guids](OpenPool& pool, Events& events) -> Status {
        events.stage("reguid");
        KLD_TRY(guids, reguid(pool));
        return {};
    }));
    const std::string before = std::to_string(guids.old_guid), after = std::to_string(guids.new_guid);
    if (arguments.json)
        print_json({{"pool", guids.pool}, {"old_guid", before}, {"guid", after}});
    else
        std::printf("%s: guid %s, was %s\n", guids.pool.c_str(), after.c_str(), before.c_str());
    return {};
}

}  // namespace

void add_reguid(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<ChangeArguments>();
    CLI::App* verb = app.add_subcommand("reguid", "Give the pool of an image another GUID, as a copy needs it");
    add_change(*verb, *arguments);
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_reguid(*arguments); }; });
}

}  // namespace kld::pool
