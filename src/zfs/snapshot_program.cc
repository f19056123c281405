// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/snapshot_program.h"

#include <nlohmann/json.hpp>

#include "zfs/properties.h"

namespace kld::zfs {
namespace {

/// What an operation did before an error stays done, so the snapshot goes again when its property cannot be set.
constexpr const char* kProgram = R"lua(
local argv = (...)["argv"]
local snapshot, reason_property, reason = argv[1], argv[2], argv[3]
local found = {}
for i = 4, #argv do
    local name = argv[i]
    if zfs.exists(name) then
        local properties = {}
        for _, property in ipairs(zfs.list.system_properties(name)) do
            local value, from = zfs.get_prop(name, property)
            if value ~= nil then properties[property] = {value = value, from = from} end
        end
        for property, value, from in zfs.list.user_properties(name) do
            properties[property] = {value = value, from = from}
        end
        found[name] = properties
    end
end
local failed = zfs.sync.snapshot(snapshot)
if failed == 0 then
    failed = zfs.sync.set_prop(snapshot, reason_property, reason)
    if failed ~= 0 then zfs.sync.destroy(snapshot) end
end
if failed ~= 0 then error("no snapshot " .. snapshot .. ": error " .. failed) end
return found
)lua";

std::string text_of(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// As `zfs get -p` has it: no limit is the largest number, which comes as -1.
std::string value_of(const std::string& property, const nlohmann::json& said) {
    auto value = text_of(said["value"]);
    if (value == "-1" && (property == "filesystem_limit" || property == "snapshot_limit")) return "none";
    return value;
}

/// @param from  a dataset, "default", or "$recvd"; none: nobody can set it
std::string source_of(const std::string& dataset, const nlohmann::json& property) {
    const auto from = property.find("from");
    if (from == property.end()) return "-";
    const auto name = text_of(*from);
    if (name == dataset) return "local";
    if (name == "$recvd") return "received";
    return name == "default" ? name : "inherited from " + name;
}

}  // namespace

Command snapshot_program(const std::string& snapshot, const std::string& reason,
                         const std::vector<std::string>& names) {
    Command command{.argv = {"zfs", "program", "-j", boot::pool_of(snapshot), "-", snapshot, kReason, reason},
                    .input = kProgram,
                    .timeout = std::chrono::hours(24)};
    command.argv.insert(command.argv.end(), names.begin(), names.end());
    return command;
}

Result<std::vector<boot::Dataset>> parse_snapshot_program(std::string_view output) {
    const auto parsed = nlohmann::json::parse(output, nullptr, false);
    const auto returned = parsed.is_object() ? parsed.find("return") : parsed.end();
    if (returned == parsed.end() || !returned->is_object()) return fail("zfs program printed no datasets");
    std::vector<boot::Dataset> datasets;
    for (const auto& [name, properties] : returned->items()) {
        boot::Dataset dataset{name, {}};
        for (const auto& [property, said] : properties.items()) {
            if (!said.is_object() || !said.contains("value"))
                return fail("zfs program printed no value of " + property);
            dataset.properties[property] = {value_of(property, said), source_of(name, said)};
        }
        datasets.push_back(std::move(dataset));
    }
    return datasets;
}

}  // namespace kld::zfs
