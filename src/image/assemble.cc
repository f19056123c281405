// SPDX-License-Identifier: BSD-3-Clause
#include "image/assemble.h"

#include <nlohmann/json.hpp>

#include "base/file_mode.h"
#include "base/lock.h"
#include "image/boot_disk.h"

namespace kld::image {
namespace {

/// Passes kldload-pool's own progress on. Its JSON lines come on stderr, beside its error text.
void pass_on(Events& events, std::string_view line) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (event.is_discarded() || !event.is_object()) return;
    const auto kind = event.value("event", "");
    if (kind == "progress") {
        const auto fraction = event.find("fraction");
        events.progress(fraction != event.end() && fraction->is_number() ? fraction->get<double>() : -1,
                        event.value("bytes", 0ULL));
    } else if (kind == "warning") {
        events.warning(event.value("text", ""));
    }
}

Status write_pool(Runner& runner, Events& events, const AssembleRequest& request, const std::string& image,
                  const std::string& layout_path) {
    Command command{.argv = {request.pool_program, "receive", "--image", image, "--offset",
                             std::to_string(request.disk.pool_offset), "--size", std::to_string(request.disk.pool_size),
                             "--layout", layout_path, "--overlay", request.overlay_tar, "--events-fd", "2"},
                    .timeout = std::chrono::hours(1)};
    for (const auto& stream : request.streams) command.argv.insert(command.argv.end(), {"--stream", stream});
    command.on_stderr_line = [&](std::string_view line) { pass_on(events, line); };
    KLD_CHECK(runner.run(command));
    return {};
}

Status build(Runner& runner, Files& files, Events& events, const AssembleRequest& request, const std::string& work) {
    const auto raw = work + "/disk.raw", layout_path = work + "/layout.json";
    events.stage("EFI system partition");
    KLD_CHECK(make_boot_disk(runner, raw, request.disk, request.esp));
    events.stage("pool");
    KLD_CHECK(files.write(layout_path, request.pool_layout));
    KLD_CHECK(write_pool(runner, events, request, raw, layout_path));
    if (request.prove) KLD_CHECK(request.prove(raw, work));
    events.stage(name_of(request.format));
    // Under its final name: some formats repeat it inside.
    const auto made = work + "/" + request.output.substr(request.output.rfind('/') + 1);
    KLD_CHECK(write_format(runner, files,
                           {.raw = raw,
                            .output = made,
                            .format = request.format,
                            .compression = request.compression,
                            .appliance = request.appliance,
                            .time = request.time}));
    // The answers may have a password's hash in them, and all of the machine can be read in it.
    KLD_CHECK(make_private(made));
    return files.rename(made, request.output);
}

}  // namespace

Status assemble(Runner& runner, Files& files, Events& events, const AssembleRequest& request) {
    const auto work = request.output + ".partial";
    const std::string lock_name = "lock";
    if (files.exists(work) && !files.exists(work + "/" + lock_name))
        return fail(work + " is there, and no build has made it", "move it away, or choose another output",
                    ExitCode::refused);
    KLD_CHECK(files.make_directories(work));
    KLD_CHECK(make_private(work));
    KLD_TRY(const auto lock,
            Lock::try_take(work + "/" + lock_name, request.output + " is being made by another program"));
    // What one left that was interrupted.
    KLD_TRY(const auto left, files.list(work));
    for (const auto& name : left)
        if (name != lock_name) KLD_CHECK(files.remove(work + "/" + name));
    auto done = build(runner, files, events, request, work);
    if (auto gone = files.remove(work); !gone) events.warning(gone.error().message);
    return done;
}

}  // namespace kld::image
