// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct ListArguments {
    ImageArguments image{};
    bool json = false;
};

std::string value_of(const Properties& properties, const char* name) {
    const auto found = properties.find(name);
    return found == properties.end() ? "-" : found->second.value;
}

std::string size_of(const Properties& properties, const char* name) {
    const auto number = parse_number(value_of(properties, name));
    return number ? human_bytes(*number) : "-";
}

nlohmann::json as_json(const kz_label& label) {
    static constexpr std::array kStates{"active", "exported", "destroyed"};
    return {{"state", label.state < kStates.size() ? kStates[label.state] : "other"},
            {"hostid", label.hostid},
            {"hostname", label.hostname},
            {"txg", label.txg}};
}

void print_table(const OpenPool& pool, const Properties& of_pool,
                 const std::vector<std::pair<std::string, Properties>>& datasets) {
    std::printf("%s  guid %s  bootfs %s  compatibility %s\n", pool.name().c_str(), value_of(of_pool, "guid").c_str(),
                value_of(of_pool, "bootfs").c_str(), value_of(of_pool, "compatibility").c_str());
    using Row = std::array<std::string, 7>;
    std::vector<Row> rows = {{"NAME", "USED", "REFER", "MOUNTPOINT", "CANMOUNT", "COMPRESSION", "RECORDSIZE"}};
    for (const auto& [name, properties] : datasets)
        rows.push_back({name, size_of(properties, "used"), size_of(properties, "referenced"),
                        value_of(properties, "mountpoint"), value_of(properties, "canmount"),
                        value_of(properties, "compression"), size_of(properties, "recordsize")});
    std::array<std::size_t, 7> widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
        std::printf("%s\n", line.substr(0, line.find_last_not_of(' ') + 1).c_str());
    }
}

Status run_list(const ListArguments& arguments) {
    KLD_TRY(const OpenPool pool, arguments.image.open());
    KLD_TRY(const auto of_pool, pool.properties());
    KLD_TRY(const auto names, pool.datasets());
    std::vector<std::pair<std::string, Properties>> datasets;
    for (const auto& name : names) {
        KLD_TRY(auto properties, pool.properties_of(name));
        datasets.emplace_back(name, std::move(properties));
    }
    if (!arguments.json) {
        print_table(pool, of_pool, datasets);
        return {};
    }
    nlohmann::json out = {{"version", 1},
                          {"pool", {{"name", pool.name()}, {"properties", as_json(of_pool)}}},
                          {"label", as_json(pool.label())},
                          {"datasets", nlohmann::json::array()}};
    for (const auto& [name, properties] : datasets)
        out["datasets"].push_back(
            {{"name", name}, {"type", value_of(properties, "type")}, {"properties", as_json(properties)}});
    std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return {};
}

}  // namespace

void add_list(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<ListArguments>();
    CLI::App* verb = app.add_subcommand("list", "Show the pool of an image: datasets, snapshots and their properties");
    add_image(*verb, arguments->image);
    verb->add_flag("--json", arguments->json, "print as JSON, with all properties");
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_list(*arguments); }; });
}

}  // namespace kld::pool
