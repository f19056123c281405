// SPDX-License-Identifier: BSD-3-Clause
#include "bench/report.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace kld::bench {
namespace {

constexpr const char* kRow = "{:<18} {:<24} {:<24} {:<16} {:>5}  {:>5}  {}\n";

std::string amount(double value, const std::string& unit, const std::optional<Series>& runs) {
    auto text = fmt::format("{:.1f} {}", value, unit);
    if (runs) text += fmt::format(" ({:.1f}-{:.1f})", runs->least, runs->most);
    return text;
}

nlohmann::ordered_json runs_json(const std::optional<Series>& runs) {
    if (!runs) return nullptr;
    return {{"runs", runs->runs}, {"least", runs->least}, {"most", runs->most}};
}

}  // namespace

std::string text_report(const std::vector<Figure>& figures) {
    auto text = fmt::format(kRow, "figure", "ours", "yardstick", "which is", "ratio", "limit", "");
    for (const auto& figure : figures)
        text += fmt::format(kRow, figure.name, amount(figure.ours, figure.unit, figure.our_runs),
                            amount(figure.yardstick, figure.unit, figure.yardstick_runs), figure.yardstick_is,
                            fmt::format("{:.2f}", figure.ratio()), fmt::format("{:.2f}", figure.limit),
                            figure.kept() ? "kept" : "MISSED");
    for (const auto& figure : figures)
        for (const auto& note : figure.notes) text += fmt::format("{}: {}\n", figure.name, note);
    return text;
}

std::string json_report(const std::vector<Figure>& figures) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& figure : figures)
        list.push_back({{"name", figure.name},
                        {"unit", figure.unit},
                        {"ours", figure.ours},
                        {"yardstick", figure.yardstick},
                        {"yardstick_is", figure.yardstick_is},
                        {"ratio", figure.ratio()},
                        {"limit", figure.limit},
                        {"kept", figure.kept()},
                        {"our_runs", runs_json(figure.our_runs)},
                        {"yardstick_runs", runs_json(figure.yardstick_runs)},
                        {"notes", figure.notes}});
    const nlohmann::ordered_json report{{"version", 1}, {"figures", list}};
    return report.dump(1) + "\n";
}

}  // namespace kld::bench
