// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/simulation.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::upgrade {
namespace {

tl::unexpected<Error> not_understood(const std::string& line) {
    return fail("the simulation of the upgrade has a line that is not understood: '" + line + "'",
                "please report it with the whole output");
}

/// "Inst openssl [3.5.0-1] (3.5.9-1 Debian:13.8/stable [amd64]) []"; new ones have no first bracket.
Result<Action> parse_install(const std::string& line) {
    const auto fields = words(line);
    const auto open = line.find('(');
    if (fields.size() < 3 || open == std::string::npos) return not_understood(line);
    Action action{fields[1].substr(0, fields[1].find(':'))};
    if (fields[2].starts_with('[') && fields[2].ends_with(']'))
        action.before = fields[2].substr(1, fields[2].size() - 2);
    const auto close = line.find(')', open);
    const auto inside = words(std::string_view(line).substr(open + 1, close - open - 1));
    if (close == std::string::npos || inside.empty()) return not_understood(line);
    action.after = inside.front();
    if (const auto& last = inside.back(); last.starts_with('[') && last.ends_with(']'))
        action.architecture = last.substr(1, last.size() - 2);
    return action;
}

/// "Remv old [1.0]"
Result<Action> parse_removal(const std::string& line) {
    const auto fields = words(line);
    if (fields.size() < 3 || !fields[2].starts_with('[')) return not_understood(line);
    return Action{fields[1].substr(0, fields[1].find(':')), {}, fields[2].substr(1, fields[2].find(']') - 1), {}};
}

bool is_architecture(const std::string& word) {
    static const std::vector<std::string> known{"x86_64", "noarch", "i686", "aarch64", "ppc64le", "s390x"};
    return contains(known, word);
}

enum class Part { other, installs, upgrades, removes };

/// The titles of the table's parts; dnf 4 has a group of weak dependencies, too.
Part part_of(std::string_view line) {
    for (const auto* title : {"Installing", "Reinstalling"})
        if (line.starts_with(title)) return Part::installs;
    for (const auto* title : {"Upgrading", "Downgrading"})
        if (line.starts_with(title)) return Part::upgrades;
    if (line.starts_with("Removing")) return Part::removes;
    return Part::other;
}

/// dnf 5: "replacing bash x86_64 5.2.26-3.fc41 …"; dnf 4, of what is obsolete: "replacing  old.x86_64 1.0-1.el9".
Result<Action> parse_replaced(const std::string& line, const std::vector<std::string>& fields) {
    if (fields.size() >= 4 && is_architecture(fields[2])) return Action{fields[1], fields[2], fields[3], {}};
    const auto dot = fields.size() == 3 ? fields[1].rfind('.') : std::string::npos;
    if (dot == std::string::npos || !is_architecture(fields[1].substr(dot + 1))) return not_understood(line);
    return Action{fields[1].substr(0, dot), fields[1].substr(dot + 1), fields[2], {}};
}

}  // namespace

Result<Simulation> parse_apt(std::string_view output) {
    Simulation simulation;
    for (const auto& line : lines(output)) {
        if (line.starts_with("Inst ")) {
            KLD_TRY(auto action, parse_install(line));
            simulation.actions.push_back(std::move(action));
        } else if (line.starts_with("Remv ") || line.starts_with("Purg ")) {
            KLD_TRY(auto action, parse_removal(line));
            simulation.actions.push_back(std::move(action));
        }
    }
    return simulation;
}

Result<Simulation> parse_dnf(std::string_view output) {
    Simulation simulation;
    Part part = Part::other;
    bool table = false, nothing = false;
    std::string long_name;
    for (const auto& line : lines(output)) {
        nothing = nothing || line.starts_with("Nothing to do");
        if (line.starts_with("Transaction Summary")) break;
        if (!line.starts_with(' ')) {
            part = part_of(line);
            table = table || part != Part::other;
            continue;
        }
        auto fields = words(line);
        if (part == Part::other || fields.empty()) continue;
        if (fields[0] == "replacing") {
            KLD_TRY(auto replaced, parse_replaced(line, fields));
            if (!simulation.actions.empty() && simulation.actions.back().package == replaced.package)
                simulation.actions.back().before = replaced.before;
            else
                simulation.actions.push_back(std::move(replaced));
            continue;
        }
        // dnf 4 breaks the line behind a name that is longer than its column.
        if (fields.size() == 1) {
            long_name = fields[0];
            continue;
        }
        if (!long_name.empty()) fields.insert(fields.begin(), std::exchange(long_name, {}));
        if (fields.size() < 3 || !is_architecture(fields[1])) return not_understood(line);
        Action action{fields[0], fields[1]};
        (part == Part::removes ? action.before : action.after) = fields[2];
        simulation.actions.push_back(std::move(action));
    }
    if (!table && !nothing)
        return fail("dnf says neither what it would do nor that there is nothing to do", "call dnf upgrade by itself");
    return simulation;
}

Result<Simulation> parse_pacman(std::string_view output) {
    Simulation simulation;
    for (const auto& line : lines(output)) {
        const auto fields = words(line);
        // Questions and warnings of pacman have a sign before them (":: Synchronizing …", "warning: …").
        if (fields.empty() || fields[0] == "::" || fields[0].ends_with(':')) continue;
        if (fields.size() != 2) return not_understood(line);
        simulation.actions.push_back({fields[0], {}, {}, fields[1]});
    }
    return simulation;
}

void add_versions_before(Simulation& simulation, const packages::Packages& installed) {
    for (auto& action : simulation.actions) {
        const bool comes_beside = action.package.starts_with("kernel") && !action.architecture.empty();
        if (!action.before.empty() || comes_beside) continue;
        const auto name = action.architecture.empty() ? action.package : action.package + "." + action.architecture;
        const auto there = installed.find(name);
        if (there == installed.end() || there->second.find(' ') != std::string::npos) continue;
        // As dnf writes them: an epoch of none is not said.
        action.before = there->second.starts_with("0:") ? there->second.substr(2) : there->second;
    }
}

std::string to_text(const Simulation& simulation) {
    std::string text;
    for (const auto& action : simulation.actions)
        text += fmt::format("  {} {} -> {}\n", action.package, action.before.empty() ? "(none)" : action.before,
                            action.after.empty() ? "(none)" : action.after);
    return text;
}

}  // namespace kld::upgrade
