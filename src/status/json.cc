// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "status/screen.h"
#include "status/verdict.h"

namespace kld::status {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json maybe(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json json_of(const Errors& errors) {
    return {{"read", errors.read}, {"write", errors.write}, {"checksum", errors.checksum}};
}

Json json_of(const Scan& scan) {
    return {{"kind", scan.kind},
            {"state", scan.state},
            {"time", scan.time},
            {"errors", maybe(scan.errors)},
            {"percent", maybe(scan.percent)}};
}

Json json_of(const PoolHealth& health) {
    auto devices = Json::array();
    for (const auto& device : health.devices)
        devices.push_back({{"name", device.name},
                           {"state", device.state},
                           {"errors", json_of(device.errors)},
                           {"note", device.note}});
    return {{"state", health.state},
            {"status", text_or_null(health.status)},
            {"action", text_or_null(health.action)},
            {"see", text_or_null(health.see)},
            {"errors", json_of(health.errors)},
            {"data_errors", maybe(health.data_errors)},
            {"devices", std::move(devices)},
            {"scan", health.scan ? json_of(*health.scan) : Json(nullptr)}};
}

Json json_of(const Pool& pool) {
    Json out{{"name", pool.name}, {"health", pool.health ? json_of(*pool.health) : Json(nullptr)}};
    out["space"] = nullptr;
    if (pool.space)
        out["space"] = {{"size", pool.space->size},
                        {"allocated", pool.space->allocated},
                        {"free", pool.space->free},
                        {"fragmentation", maybe(pool.space->fragmentation)},
                        {"readonly", pool.space->readonly}};
    out["compression"] = maybe(pool.compression);
    out["snapshots"] = nullptr;
    if (pool.snapshots)
        out["snapshots"] = {{"count", pool.snapshots->count},
                            {"space", maybe(pool.held_by_snapshots)},
                            {"newest", text_or_null(pool.snapshots->newest)},
                            {"created", maybe(pool.snapshots->created)}};
    return out;
}

Json json_of(const packages::Record& one) {
    return {{"id", one.id},
            {"time", one.time},
            {"user", one.user},
            {"argv", one.argv},
            {"snapshot", one.snapshot},
            {"result", one.result},
            {"packages", one.changes.size()}};
}

template <typename T>
Json list_of(const std::optional<std::vector<T>>& items) {
    if (!items) return nullptr;
    auto out = Json::array();
    for (const auto& item : *items) out.push_back(json_of(item));
    return out;
}

}  // namespace

std::string to_json(const State& state) {
    const auto judged = verdict(state);
    Json out{{"version", 1},
             {"time", state.now},
             {"exit_code", static_cast<int>(judged.exit_code())},
             {"wrong", judged.wrong},
             {"unknown", judged.unknown},
             {"notices", judged.notices},
             {"host", state.host},
             {"system", state.system},
             {"kernel", state.kernel},
             {"uptime", maybe(state.uptime)},
             {"processors", maybe(state.processors)},
             {"load", maybe(state.load)}};
    out["memory"] = nullptr;
    if (state.memory) out["memory"] = {{"total", state.memory->total}, {"available", state.memory->available}};
    out["arc"] = nullptr;
    if (state.arc)
        out["arc"] = {{"size", state.arc->size},
                      {"limit", state.arc->limit},
                      {"hits", state.arc->hits},
                      {"misses", state.arc->misses}};
    out["pools"] = list_of(state.pools);
    out["boot"] = nullptr;
    if (state.boot)
        out["boot"] = {{"pool", state.boot->pool},
                       {"running", state.boot->running},
                       {"next", text_or_null(boots_next(*state.boot))},
                       {"environments", maybe(state.boot->environments)},
                       {"next_kernel", text_or_null(state.boot->next_kernel)},
                       {"trial", nullptr}};
    if (state.boot && state.boot->trial)
        out["boot"]["trial"] = {{"dataset", state.boot->trial->dataset},
                                {"left", state.boot->trial->left},
                                {"allowed", state.boot->trial->allowed},
                                {"once", state.boot->trial->once}};
    out["reboot"] = reboot_reasons(state);
    out["failed_services"] = maybe(state.failed_services);
    out["transactions"] = list_of(state.transactions);
    out["check"] = nullptr;
    if (state.check) out["check"] = Json::parse(check::to_json(*state.check));
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kld::status
