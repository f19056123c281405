// SPDX-License-Identifier: BSD-3-Clause
#include "boot/command_line.h"

#include <algorithm>

#include "base/text.h"
#include "boot/hostid.h"

namespace kld::boot {
namespace {

constexpr const char* kProperty = "org.zfsbootmenu:commandline";
constexpr std::string_view kParent = "%{parent}";

std::string argument_name(std::string_view argument) {
    std::string name(argument.substr(0, argument.find('=')));
    if (name.starts_with('"')) name.erase(0, 1);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

/// The dataset where the property was set: itself, or the one it is inherited from.
std::string set_at(const std::string& name, const Property& property) {
    constexpr std::string_view kInherited = "inherited from ";
    return property.source.starts_with(kInherited) ? property.source.substr(kInherited.size()) : name;
}

std::string expanded(const std::vector<Dataset>& datasets, const std::string& name) {
    const auto* dataset = find_dataset(datasets, name);
    if (dataset == nullptr || dataset->value(kProperty) == "-") return {};
    const auto& property = dataset->properties.at(kProperty);
    if (property.value.find(kParent) == std::string::npos) return property.value;
    const auto owner = set_at(name, property);
    const auto slash = owner.rfind('/');
    const auto above = slash == std::string::npos ? std::string() : expanded(datasets, owner.substr(0, slash));
    return replace_all(property.value, kParent, above);
}

}  // namespace

std::vector<std::string> split_arguments(std::string_view line) {
    std::vector<std::string> arguments;
    std::string current;
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == ' ' || c == '\t' || c == '\n')) {
            if (!current.empty()) arguments.push_back(std::exchange(current, {}));
        } else {
            current += c;
        }
    }
    if (!current.empty()) arguments.push_back(current);
    return arguments;
}

std::string without_arguments(std::string_view line, const std::vector<std::string>& names) {
    std::vector<std::string> kept;
    bool for_init = false;
    for (auto& argument : split_arguments(line)) {
        for_init = for_init || argument == "--";
        const auto name = argument_name(argument);
        const bool drop = !for_init && std::any_of(names.begin(), names.end(), [&](const auto& unwanted) {
            return argument_name(unwanted) == name;
        });
        if (!drop) kept.push_back(std::move(argument));
    }
    return join(kept, " ");
}

std::string dataset_arguments(const std::vector<Dataset>& datasets, const std::string& name) {
    const auto* dataset = find_dataset(datasets, name);
    if (dataset == nullptr || dataset->value(kProperty) == "-") return kDefaultArguments;
    return join(split_arguments(expanded(datasets, name)), " ");
}

std::string command_line(const CommandLineParts& parts) {
    auto arguments = split_arguments(without_arguments(parts.arguments, {"root", "spl_hostid", "spl.spl_hostid"}));
    const auto for_init = std::find(arguments.begin(), arguments.end(), "--");
    arguments.insert(for_init, hostid_argument(parts.hostid));
    arguments.insert(arguments.begin(), parts.root_prefix + parts.root);
    return join(arguments, " ");
}

}  // namespace kld::boot
