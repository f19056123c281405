// SPDX-License-Identifier: BSD-3-Clause
#include "base/events.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/text.h"

namespace kld {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Lets a call through at most once per interval.
class Throttle {
public:
    explicit Throttle(std::chrono::milliseconds interval) : interval_(interval) {}
    bool ready() {
        const auto now = Clock::now();
        if (now - last_ < interval_) return false;
        last_ = now;
        return true;
    }

private:
    std::chrono::milliseconds interval_;
    Clock::time_point last_{};
};

void put(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

class JsonEvents final : public Events {
public:
    explicit JsonEvents(int fd) : fd_(fd) {}
    void stage(std::string_view name) override {
        line({{"event", "stage"}, {"name", name}, {"elapsed", seconds_since(start_)}});
    }
    void progress(double fraction, std::uint64_t bytes) override {
        if (!throttle_.ready()) return;
        nlohmann::ordered_json event{{"event", "progress"}, {"fraction", nullptr}, {"bytes", bytes}};
        if (fraction >= 0) event["fraction"] = fraction;
        line(event);
    }
    void note(std::string_view text) override { line({{"event", "note"}, {"text", text}}); }
    void warning(std::string_view text) override { line({{"event", "warning"}, {"text", text}}); }
    void finish() override { line({{"event", "finish"}, {"elapsed", seconds_since(start_)}}); }

private:
    void line(const nlohmann::ordered_json& event) {
        put(fd_, event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    }
    int fd_;
    Clock::time_point start_ = Clock::now();
    Throttle throttle_{std::chrono::milliseconds(100)};
};

class ConsoleEvents final : public Events {
public:
    ConsoleEvents() : live_(::isatty(2) == 1), colour_(live_ && std::getenv("NO_COLOR") == nullptr) {}
    void stage(std::string_view name) override {
        end_stage();
        name_ = name;
        start_ = Clock::now();
        if (live_) put(2, fmt::format("  {} …", name_));
    }
    void progress(double fraction, std::uint64_t bytes) override {
        if (!live_ || !throttle_.ready()) return;
        const auto share = fraction >= 0 ? fmt::format("{:3.0f} % ", fraction * 100) : std::string();
        put(2, fmt::format("\r\x1b[K  {} … {}{}", name_, share, bytes > 0 ? human_bytes(bytes) : ""));
    }
    void note(std::string_view text) override { line("    ", "", text); }
    void warning(std::string_view text) override {
        line("  ", colour_ ? "\x1b[33mwarning:\x1b[0m " : "warning: ", text);
    }
    void finish() override { end_stage(); }

private:
    void end_stage() {
        if (name_.empty()) return;
        put(2, fmt::format("{}{} {} {:.1f} s\n", live_ ? "\r\x1b[K" : "", colour_ ? "\x1b[32m✓\x1b[0m" : "-", name_,
                           seconds_since(start_)));
        name_.clear();
    }
    void line(std::string_view indent, std::string_view label, std::string_view text) {
        put(2, fmt::format("{}{}{}{}\n", live_ ? "\r\x1b[K" : "", indent, label, text));
        if (live_ && !name_.empty()) put(2, fmt::format("  {} …", name_));
    }
    bool live_;
    bool colour_;
    std::string name_;
    Clock::time_point start_{};
    Throttle throttle_{std::chrono::milliseconds(100)};
};

class BothEvents final : public Events {
public:
    BothEvents(std::unique_ptr<Events> first, std::unique_ptr<Events> second)
        : first_(std::move(first)), second_(std::move(second)) {}
    void stage(std::string_view name) override { first_->stage(name), second_->stage(name); }
    void progress(double fraction, std::uint64_t bytes) override {
        first_->progress(fraction, bytes), second_->progress(fraction, bytes);
    }
    void note(std::string_view text) override { first_->note(text), second_->note(text); }
    void warning(std::string_view text) override { first_->warning(text), second_->warning(text); }
    void finish() override { first_->finish(), second_->finish(); }

private:
    std::unique_ptr<Events> first_;
    std::unique_ptr<Events> second_;
};

}  // namespace

std::unique_ptr<Events> json_events(int fd) {
    return std::make_unique<JsonEvents>(fd);
}
std::unique_ptr<Events> console_events() {
    return std::make_unique<ConsoleEvents>();
}
std::unique_ptr<Events> both_events(std::unique_ptr<Events> first, std::unique_ptr<Events> second) {
    return std::make_unique<BothEvents>(std::move(first), std::move(second));
}

}  // namespace kld
