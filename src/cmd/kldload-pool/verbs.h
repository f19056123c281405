// SPDX-License-Identifier: BSD-3-Clause
// The verbs of kldload-pool, one file each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

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

/// On --events-fd when it is given, else on stderr.
std::unique_ptr<Events> events_for(int fd);

/// --image, --offset and --size of the verbs that read.
struct ImageArguments {
    std::string path{}, offset{}, size{};
    Result<OpenPool> open() const;
};
void add_image(CLI::App& verb, ImageArguments& arguments);

/// "drwxr-sr-t" and the like.
std::string mode_text(std::uint64_t mode);

}  // namespace kld::pool
