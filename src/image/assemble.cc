// SPDX-License-Identifier: BSD-3-Clause
#include "image/assemble.h"

#include <nlohmann/json.hpp>

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

Status build(Runner& runner, Files& files, Events& events, const AssembleRequest& request, const std::string& raw,
             const std::string& layout_path) {
    events.stage("EFI system partition");
    KLD_CHECK(make_boot_disk(runner, raw, request.disk, request.esp));
    events.stage("pool");
    KLD_CHECK(files.write(layout_path, request.pool_layout));
    KLD_CHECK(write_pool(runner, events, request, raw, layout_path));
    if (request.format == Format::raw) return files.rename(raw, request.output);
    events.stage("qcow2");
    const auto partial = request.output + ".qcow2.partial";
    KLD_CHECK(runner.run(
        {.argv = {"qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, partial}, .timeout = std::chrono::hours(1)}));
    return files.rename(partial, request.output);
}

}  // namespace

Status assemble(Runner& runner, Files& files, Events& events, const AssembleRequest& request) {
    const auto raw = request.output + ".raw.partial";
    const auto layout_path = request.output + ".layout.partial";
    auto done = build(runner, files, events, request, raw, layout_path);
    for (const auto& left : {raw, layout_path, request.output + ".qcow2.partial"})
        if (auto gone = files.remove(left); !gone) events.warning(gone.error().message);
    return done;
}

}  // namespace kld::image
