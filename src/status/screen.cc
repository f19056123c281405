// SPDX-License-Identifier: BSD-3-Clause
#include "status/screen.h"

#include <fmt/core.h>

#include "base/table.h"
#include "base/text.h"
#include "status/verdict.h"
#include "status/words.h"

namespace kld::status {
namespace {

enum class Tone { plain, good, notice, bad };

constexpr std::size_t kLabel = 14;

class Page {
public:
    explicit Page(bool colour) : colour_(colour) {}
    void line(const std::string& label, const std::string& text, Tone tone = Tone::plain) {
        text_ += fmt::format("{:<{}}{}\n", label, kLabel, painted(printable(text), tone));
    }
    void point(const std::string& text, Tone tone) { text_ += "  " + painted(printable(text), tone) + "\n"; }
    void title(const std::string& text, Tone tone) { text_ += painted(printable(text), tone) + "\n"; }
    std::string take() { return std::move(text_); }

private:
    /// Names of units and arguments of a log come from others: no escape sequence of theirs reaches the terminal.
    static std::string printable(std::string text) {
        for (auto& letter : text)
            if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') letter = '?';
        return text;
    }
    std::string painted(const std::string& text, Tone tone) const {
        if (!colour_ || tone == Tone::plain) return text;
        const auto* code = tone == Tone::good ? "32" : tone == Tone::notice ? "33" : "31";
        return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
    }
    bool colour_;
    std::string text_;
};

double percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string ago(std::time_t now, std::time_t then) {
    return duration(now - then) + " ago";
}

void show_scan(const Scan& scan, std::time_t now, Page& page) {
    std::string text;
    if (scan.state == "running" || scan.state == "paused") {
        const auto done = scan.percent ? fmt::format(", {:.1f} % done", *scan.percent) : std::string();
        text = scan.state == "paused" ? fmt::format("paused {}{}", ago(now, scan.time), done)
                                      : fmt::format("running{}, begun {}", done, ago(now, scan.time));
    } else {
        text = scan.state == "canceled" ? "canceled " + ago(now, scan.time) : ago(now, scan.time);
        if (scan.errors) text += ", " + (*scan.errors == 0 ? "no errors" : counted(*scan.errors, "error"));
    }
    const bool bad = scan.errors.value_or(0) != 0;
    const bool old = scan.state == "finished" && now - scan.time > kScrubIsOld;
    page.line("  " + scan.kind, text, bad ? Tone::bad : old ? Tone::notice : Tone::plain);
}

void show_pool(const Pool& pool, std::time_t now, Page& page) {
    const auto label = "pool";
    if (pool.health) {
        const auto& health = *pool.health;
        auto text = fmt::format("{} {}, {}", pool.name, health.state, words_of(health.errors));
        if (health.data_errors.value_or(0) != 0) text += ", " + counted(*health.data_errors, "data error");
        const bool bad = health.state != "ONLINE" || health.errors.any() || health.data_errors.value_or(0) != 0;
        page.line(label, text, bad ? Tone::bad : Tone::good);
        if (!health.status.empty()) page.line("  status", health.status);
        if (!health.action.empty()) page.line("  action", health.action);
        for (const auto& device : health.devices)
            page.line("  device",
                      fmt::format("{} {}, {}{}", device.name, device.state, words_of(device.errors),
                                  device.note.empty() ? "" : ", " + device.note),
                      Tone::bad);
    } else {
        page.line(label, pool.name + " health not known", Tone::notice);
    }
    if (pool.space) {
        const auto& space = *pool.space;
        auto text = fmt::format("{} of {} used ({:.0f} %)", human_bytes(space.allocated), human_bytes(space.size),
                                percent(space.allocated, space.size));
        if (space.fragmentation) text += fmt::format(", {} % fragmented", *space.fragmentation);
        if (pool.compression) text += fmt::format(", compressed {:.2f}x", *pool.compression);
        const bool full = static_cast<double>(space.free) < static_cast<double>(space.size) * kLeastFree;
        page.line("  space", text, full ? Tone::bad : Tone::plain);
    }
    if (pool.health && pool.health->scan) show_scan(*pool.health->scan, now, page);
    if (pool.health && !pool.health->scan) page.line("  scrub", "never", Tone::notice);
    if (pool.snapshots) {
        auto text = std::to_string(pool.snapshots->count);
        if (pool.held_by_snapshots) text += fmt::format(" hold {}", human_bytes(*pool.held_by_snapshots));
        if (!pool.snapshots->newest.empty()) text += ", newest " + pool.snapshots->newest;
        if (pool.snapshots->created) text += " " + ago(now, static_cast<std::time_t>(*pool.snapshots->created));
        page.line("  snapshots", text);
    }
}

void show_boot(const State& state, Page& page) {
    if (!state.boot) return;
    const auto& boot = *state.boot;
    const auto& next = boots_next(boot);
    auto text = boot.running + " runs";
    if (next.empty())
        text += ", which boots next is not known";
    else
        text += next == boot.running ? " and boots next" : fmt::format(", {} boots next", next);
    if (boot.environments) text += ", " + counted(*boot.environments, "environment");
    page.line("boot", text, next == boot.running ? Tone::plain : Tone::notice);
}

void show_machine(const State& state, Page& page) {
    std::vector<std::string> system;
    if (!state.system.empty()) system.push_back(state.system);
    if (!state.kernel.empty()) system.push_back("Linux " + state.kernel);
    if (state.uptime) system.push_back("up " + duration(static_cast<std::int64_t>(*state.uptime)));
    if (!system.empty()) page.line("system", join(system, ", "));
    std::vector<std::string> load;
    if (state.processors) load.push_back(counted(*state.processors, "processor"));
    if (state.load) {
        std::vector<std::string> averages;
        for (const auto average : *state.load) averages.push_back(fmt::format("{:.2f}", average));
        load.push_back("load " + join(averages, " "));
    }
    if (!load.empty()) page.line("load", join(load, ", "));
    std::vector<std::string> memory;
    if (state.memory)
        memory.push_back(
            fmt::format("{} of {} available", human_bytes(state.memory->available), human_bytes(state.memory->total)));
    if (state.arc) {
        auto text = fmt::format("ARC {} of {}", human_bytes(state.arc->size), human_bytes(state.arc->limit));
        if (const auto all = state.arc->hits + state.arc->misses; all != 0)
            text += fmt::format(", {:.1f} % hits", percent(state.arc->hits, all));
        memory.push_back(std::move(text));
    }
    if (!memory.empty()) page.line("memory", join(memory, ", "));
}

void show_log(const State& state, Page& page) {
    if (state.log_is_closed) page.line("changes", "only root may read them");
    if (!state.transactions) return;
    if (state.transactions->empty()) page.line("changes", "none");
    const char* label = "changes";
    for (const auto& one : *state.transactions) {
        page.line(label, fmt::format("{}  {:<6} {}", local_time(one.time), one.result, shell_line(one.argv)),
                  one.result == "failed" ? Tone::notice : Tone::plain);
        label = "";
    }
}

}  // namespace

std::string to_screen(const State& state, bool colour) {
    Page page(colour);
    const auto judged = verdict(state);
    const auto host = state.host.empty() ? std::string("this machine") : state.host;
    if (!judged.wrong.empty())
        page.title(fmt::format("{}: {}", host, counted(judged.wrong.size(), "fault")), Tone::bad);
    else if (!judged.unknown.empty())
        page.title(fmt::format("{}: not all could be told", host), Tone::notice);
    else
        page.title(host + ": all is well", Tone::good);
    for (const auto& line : judged.wrong) page.point(line, Tone::bad);
    for (const auto& line : judged.unknown) page.point("not known: " + line, Tone::notice);
    for (const auto& line : judged.notices) page.point("note: " + line, Tone::notice);

    show_machine(state, page);
    if (state.pools)
        for (const auto& pool : *state.pools) show_pool(pool, state.now, page);
    show_boot(state, page);
    const auto reasons = reboot_reasons(state);
    page.line("reboot", reasons.empty() ? "none pending" : "pending: " + join(reasons, "; "),
              reasons.empty() ? Tone::plain : Tone::notice);
    if (!state.failed_services)
        page.line("services", "not known");
    else if (state.failed_services->empty())
        page.line("services", "none failed");
    else
        page.line("services", "failed: " + join(*state.failed_services, ", "), Tone::bad);
    show_log(state, page);
    if (state.check) {
        const auto& report = *state.check;
        page.line("boot chain",
                  fmt::format("{} passed, {} warnings, {} failed, {} unknown", report.count(check::Status::pass),
                              report.count(check::Status::warn), report.count(check::Status::fail),
                              report.count(check::Status::unknown)),
                  report.exit_code() == ExitCode::done ? Tone::good : Tone::bad);
    }
    return page.take();
}

}  // namespace kld::status
