// SPDX-License-Identifier: BSD-3-Clause
// The verbs of the program: each puts its options on the command line and gives main what to run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"

namespace kld::cmd {

struct Context {
    Runner& runner;
    Files& files;
    std::vector<std::string> arguments;  ///< of this program, for those who start it again in a user namespace
    /// Made when a verb runs, so that --events-fd has been read.
    std::function<std::unique_ptr<Events>()> events;
    /// A verb that was chosen calls this while parsing; main then runs the function and renders its error.
    std::function<void(std::function<Status()>)> chosen;
};

void add_image(CLI::App& app, Context& context);
void add_answers(CLI::App& app, Context& context);
void add_cache(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_modules(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_tools(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);

}  // namespace kld::cmd
