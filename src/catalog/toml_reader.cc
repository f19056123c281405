// SPDX-License-Identifier: BSD-3-Clause
#include "catalog/toml_reader.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <limits>
#include <set>

namespace kld::catalog {

struct TomlReader::State {
    toml::table root;
    std::string path;
    std::set<std::string> used{"version"};
    std::vector<std::string> faults;

    void wrong(const std::string& key, const toml::node* node, std::string_view wanted) {
        if (node == nullptr)
            faults.push_back(fmt::format("{} is missing", key));
        else
            faults.push_back(fmt::format("line {}: {} must be {}", node->source().begin.line, key, wanted));
    }
    const toml::node* take(const std::string& key) {
        used.insert(key);
        return root.at_path(key).node();
    }
    void find_unknown(const toml::table& table, const std::string& prefix) {
        for (const auto& [name, node] : table) {
            const auto key = prefix + std::string(name.str());
            if (const auto* inner = node.as_table())
                find_unknown(*inner, key + ".");
            else if (!used.contains(key))
                faults.push_back(fmt::format("line {}: unknown key {}", node.source().begin.line, key));
        }
    }
};

TomlReader::TomlReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TomlReader::TomlReader(TomlReader&&) noexcept = default;
TomlReader& TomlReader::operator=(TomlReader&&) noexcept = default;
TomlReader::~TomlReader() = default;

Result<TomlReader> TomlReader::parse(const std::string& text, const std::string& path) {
    auto state = std::make_unique<State>();
    state->path = path;
    try {
        state->root = toml::parse(text);
    } catch (const toml::parse_error& bad) {
        return fail(fmt::format("{}: line {}: {}", path, bad.source().begin.line, bad.description()), {},
                    ExitCode::usage);
    }
    if (state->root["version"].value<std::int64_t>() != 1)
        return fail(path + ": version is not 1", "this program reads files with version = 1", ExitCode::usage);
    return TomlReader(std::move(state));
}

std::string TomlReader::text(const std::string& key) {
    const auto* node = state_->take(key);
    if (node != nullptr && node->is_string()) return node->as_string()->get();
    state_->wrong(key, node, "a string");
    return {};
}

bool TomlReader::flag(const std::string& key) {
    const auto* node = state_->take(key);
    if (node != nullptr && node->is_boolean()) return node->as_boolean()->get();
    state_->wrong(key, node, "true or false");
    return false;
}

unsigned TomlReader::number(const std::string& key) {
    const auto* node = state_->take(key);
    if (node != nullptr && node->is_integer()) {
        const auto value = node->as_integer()->get();
        if (value >= 0 && value <= std::numeric_limits<unsigned>::max()) return static_cast<unsigned>(value);
    }
    state_->wrong(key, node, "a whole number");
    return 0;
}

std::vector<std::string> TomlReader::list(const std::string& key) {
    const auto* node = state_->take(key);
    std::vector<std::string> items;
    const auto* array = node == nullptr ? nullptr : node->as_array();
    if (array == nullptr || (!array->empty() && !array->is_homogeneous(toml::node_type::string))) {
        state_->wrong(key, node, "a list of strings");
        return items;
    }
    for (const auto& item : *array) items.push_back(item.as_string()->get());
    return items;
}

std::vector<std::string> TomlReader::keys(const std::string& key) const {
    std::vector<std::string> names;
    if (const auto* table = state_->root.at_path(key).as_table())
        for (const auto& [name, node] : *table) names.emplace_back(name.str());
    return names;
}

Status TomlReader::finish() {
    state_->find_unknown(state_->root, "");
    if (state_->faults.empty()) return {};
    return fail(Error{state_->path + " is not a valid catalogue entry", state_->faults, {}, ExitCode::usage});
}

}  // namespace kld::catalog
