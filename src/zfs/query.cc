// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/query.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::zfs {
namespace {

std::vector<std::string> argv_of(const std::string& verb, const Query& query) {
    std::vector<std::string> argv{"zfs", verb, "-Hp"};
    if (query.depth > 0) {
        argv.insert(argv.end(), {"-d", std::to_string(query.depth)});
    } else if (query.recursive) {
        argv.emplace_back("-r");
    }
    argv.insert(argv.end(), {"-t", join(query.types, ",")});
    return argv;
}

}  // namespace

Command get_command(const Query& query) {
    auto argv = argv_of("get", query);
    argv.insert(argv.end(), {"-o", "name,property,value,source"});
    if (!query.sources.empty()) argv.insert(argv.end(), {"-s", join(query.sources, ",")});
    argv.push_back(join(query.properties, ","));
    if (!query.root.empty()) argv.push_back(query.root);
    return {.argv = std::move(argv)};
}

Command list_command(const Query& query) {
    auto argv = argv_of("list", query);
    argv.insert(argv.end(), {"-o", join(query.properties, ",")});
    if (!query.root.empty()) argv.push_back(query.root);
    return {.argv = std::move(argv)};
}

Result<Rows> parse_list(const Query& query, std::string_view output) {
    Rows rows;
    for (const auto& line : lines(output)) {
        rows.push_back(split(line, '\t'));
        if (rows.back().size() != query.properties.size())
            return fail(fmt::format("zfs list printed a line without {} fields: '{}'", query.properties.size(), line));
    }
    return rows;
}

Result<std::vector<boot::Dataset>> get(Runner& runner, const Query& query) {
    KLD_TRY(const auto output, runner.run(get_command(query)));
    const auto asked = join(query.properties, ",");
    return boot::parse_datasets(output.out, asked == "all" ? std::string() : asked);
}

Result<Rows> list(Runner& runner, const Query& query) {
    KLD_TRY(const auto output, runner.run(list_command(query)));
    return parse_list(query, output.out);
}

Result<std::map<std::string, std::string>> pool_properties(Runner& runner, const std::string& pool) {
    KLD_TRY(const auto output, runner.run({.argv = {"zpool", "get", "-Hp", "-o", "property,value", "all", pool}}));
    std::map<std::string, std::string> properties;
    for (const auto& line : lines(output.out))
        if (const auto fields = split(line, '\t'); fields.size() == 2) properties[fields[0]] = fields[1];
    return properties;
}

Result<std::vector<std::string>> pools(Runner& runner) {
    KLD_TRY(const auto output, runner.run({.argv = {"zpool", "list", "-H", "-o", "name"}}));
    return lines(output.out);
}

std::uint64_t number(const std::string& value) {
    return parse_number(value).value_or(0);
}

}  // namespace kld::zfs
