// SPDX-License-Identifier: BSD-3-Clause
#include "uki/xkb_rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::uki {
namespace {

bool contains(const std::vector<boot::KeymapName>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(), [&](const boot::KeymapName& known) { return known.name == name; });
}

Error unknown(const std::string& key, const std::string& value, const std::string& what,
              const std::vector<std::string>& known) {
    Error error{fmt::format("{} '{}' is not known", key, value), {}, {}, ExitCode::usage};
    error.details.push_back(known.empty() ? "there are no " + what : what + ": " + join(known, " "));
    return error;
}

/// "de:nodeadkeys" as "nodeadkeys", for one layout.
std::vector<std::string> variants_of(const XkbRules& rules, const std::string& layout) {
    std::vector<std::string> names;
    for (const auto& variant : rules.variants)
        if (variant.name.starts_with(layout + ":")) names.push_back(variant.name.substr(layout.size() + 1));
    return names;
}

}  // namespace

XkbRules parse_xkb_rules(std::string_view text) {
    XkbRules rules;
    std::string section;
    for (const auto& line : lines(text)) {
        const auto fields = words(line);
        if (fields.empty()) continue;
        if (fields[0] == "!") {
            section = fields.size() > 1 ? fields[1] : "";
            continue;
        }
        const auto rest = std::string(trim(std::string_view(trim(line)).substr(fields[0].size())));
        if (section == "layout" && boot::is_keymap_name(fields[0])) rules.layouts.push_back({fields[0], rest});
        if (section == "option") rules.options.insert(fields[0]);
        const auto colon = rest.find(": ");
        if (section != "variant" || colon == std::string::npos) continue;
        const auto name = rest.substr(0, colon) + ":" + fields[0];
        if (boot::is_keymap_name(name)) rules.variants.push_back({name, rest.substr(colon + 2)});
    }
    return rules;
}

Status check_xkb(const XkbRules& rules, const std::string& layouts, const std::string& variants,
                 const std::string& options) {
    const auto wanted = split(layouts, ',');
    const auto forms = split(variants, ',');
    if (forms.size() > wanted.size())
        return fail(fmt::format("keyboard.variant '{}' has more parts than keyboard.layout '{}'", variants, layouts),
                    {}, ExitCode::usage);
    std::vector<std::string> known;
    for (const auto& layout : rules.layouts) known.push_back(layout.name);
    std::sort(known.begin(), known.end());
    for (std::size_t index = 0; index < wanted.size(); ++index) {
        if (!contains(rules.layouts, wanted[index]))
            return fail(unknown("keyboard.layout", wanted[index], "layouts", known));
        if (index < forms.size() && !forms[index].empty() &&
            !contains(rules.variants, wanted[index] + ":" + forms[index]))
            return fail(unknown("keyboard.variant", forms[index], "variants of " + wanted[index],
                                variants_of(rules, wanted[index])));
    }
    for (const auto& option : split(options, ','))
        if (!option.empty() && !rules.options.contains(option))
            return fail(unknown("keyboard.options", option, "options", {rules.options.begin(), rules.options.end()}));
    return {};
}

}  // namespace kld::uki
