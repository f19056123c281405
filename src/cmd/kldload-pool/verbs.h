// SPDX-License-Identifier: BSD-3-Clause
// The verbs of kldload-pool, one file each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "base/events.h"
#include "base/result.h"
#include "pool/open_pool.h"

namespace kld::pool {

/// What main runs once the arguments are understood.
using Action = std::function<Status()>;

void add_create(CLI::App& app, Action& chosen);
void add_receive(CLI::App& app, Action& chosen);
void add_send(CLI::App& app, Action& chosen);
void add_list(CLI::App& app, Action& chosen);
void add_ls(CLI::App& app, Action& chosen);
void add_cat(CLI::App& app, Action& chosen);
void add_extract(CLI::App& app, Action& chosen);
void add_check(CLI::App& app, Action& chosen);
void add_reguid(CLI::App& app, Action& chosen);
void add_set(CLI::App& app, Action& chosen);
void add_apply(CLI::App& app, Action& chosen);

/// On --events-fd when it is given, else on stderr.
std::unique_ptr<Events> events_for(int fd);

/// --image, --offset and --size of the verbs that read.
struct ImageArguments {
    std::string path{}, offset{}, size{};
    Result<ImageSource> source() const;
    Result<OpenPool> open() const;
};
void add_image(CLI::App& verb, ImageArguments& arguments);

/// What the verbs that change a pool have in common.
struct ChangeArguments {
    ImageArguments image{};
    bool force = false, json = false;
    int events_fd = -1;
};
void add_change(CLI::App& verb, ChangeArguments& arguments);
/// Opens the pool, does `work` and exports the pool, whatever came of it.
Status change_pool(const ChangeArguments& arguments, const std::function<Status(OpenPool&, Events&)>& work);

nlohmann::json as_json(const Properties& properties);
/// On stdout, with the version of the form.
void print_json(nlohmann::json object);

/// "drwxr-sr-t" and the like.
std::string mode_text(std::uint64_t mode);

}  // namespace kld::pool
