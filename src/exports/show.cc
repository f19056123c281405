// SPDX-License-Identifier: BSD-3-Clause
// The plan as people and programs read it.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "exports/plan.h"

namespace kld::exports {
namespace {

struct Shown {
    std::string text;
    std::vector<std::string> argv{}, into{};
};

std::string identity_text(const World& world, const Plan& plan) {
    if (plan.wish.keep_identity) return "keep the identity of this machine: the two must never run side by side";
    return "take the identity of this machine out of the copy" +
           std::string(world.first_boot ? ", which gets its own at first boot" : " and give it its own");
}

std::vector<Shown> shown_steps(const World& world, const Plan& plan) {
    const auto work = work_of(plan.wish), raw = work + "/disk.raw";
    std::vector<Shown> steps;
    steps.push_back(
        {fmt::format("snapshot {} and all below", plan.snapshot),
         {"zfs", "snapshot", "-r", "-o", std::string(zfs::kReason) + "=" + zfs::kExporting, plan.snapshot}});
    steps.push_back(
        {fmt::format("make a disk of {} as {}, with {} files in its EFI system partition of {}",
                     human_bytes(plan.disk.size), raw, world.esp.files.size(), human_bytes(plan.disk.esp_size))});
    auto create = plan.create;
    create.emplace_back("DEVICE");
    steps.push_back({fmt::format("make the pool {}, called {} meanwhile", plan.pool, plan.temporary), create});
    for (const auto& transfer : plan.transfers)
        steps.push_back({fmt::format("copy {} ({})", transfer.dataset, human_bytes(transfer.bytes)), transfer.send,
                         transfer.receive});
    for (const auto& argv : plan.finish) steps.push_back({"finish the pool", argv});
    steps.push_back({"destroy the snapshot", {"zfs", "destroy", "-r", plan.snapshot}});
    steps.push_back({identity_text(world, plan)});
    steps.push_back({"export the pool", {"zpool", "export", plan.temporary}});
    steps.push_back({fmt::format("write {} as {}", plan.wish.output, image::name_of(plan.wish.format))});
    return steps;
}

}  // namespace

std::string to_text(const World& world, const Plan& plan) {
    std::string text;
    for (const auto& warning : plan.warnings) text += "warning: " + warning + "\n";
    unsigned number = 0;
    for (const auto& step : shown_steps(world, plan)) {
        text += fmt::format("{}. {}\n", ++number, step.text);
        if (step.argv.empty()) continue;
        text += "   " + shell_line(step.argv);
        if (!step.into.empty()) text += " | " + shell_line(step.into);
        text += '\n';
    }
    return text + fmt::format("{} has {} free; up to {} are needed meanwhile\n", directory_of(plan.wish.output),
                              human_bytes(plan.free), human_bytes(plan.peak));
}

std::string to_json(const World& world, const Plan& plan) {
    auto steps = nlohmann::ordered_json::array();
    for (const auto& step : shown_steps(world, plan)) {
        nlohmann::ordered_json one{{"text", step.text}};
        if (!step.argv.empty()) one["argv"] = step.argv;
        if (!step.into.empty()) one["into"] = step.into;
        steps.push_back(std::move(one));
    }
    const nlohmann::ordered_json root{{"version", 1},
                                      {"pool", plan.pool},
                                      {"output", plan.wish.output},
                                      {"format", image::name_of(plan.wish.format)},
                                      {"size", plan.disk.size},
                                      {"exported", plan.exported},
                                      {"peak", plan.peak},
                                      {"free", plan.free},
                                      {"identity", plan.wish.keep_identity ? "kept" : "new"},
                                      {"encrypted", plan.encrypted},
                                      {"warnings", plan.warnings},
                                      {"steps", steps}};
    return root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace kld::exports
