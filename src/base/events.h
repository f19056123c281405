// SPDX-License-Identifier: BSD-3-Clause
// What a program tells while it works. The progress bar, the plain log and the JSON lines read the same stream.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld {

class Events {
public:
    virtual ~Events() = default;
    /// A new stage begins; the one before has ended well.
    virtual void stage(std::string_view name) = 0;
    /// @param fraction  of the current stage, 0 to 1, or negative when unknown
    /// @param bytes     done so far in this stage
    virtual void progress(double fraction, std::uint64_t bytes) = 0;
    /// A fact that a person may want to read in a log.
    virtual void note(std::string_view text) = 0;
    virtual void warning(std::string_view text) = 0;
    /// The last stage has ended well.
    virtual void finish() = 0;
};

/// Silence.
class NoEvents final : public Events {
public:
    void stage(std::string_view) override {}
    void progress(double, std::uint64_t) override {}
    void note(std::string_view) override {}
    void warning(std::string_view) override {}
    void finish() override {}
};

/// Events of a part of some work: its end is not the end of the whole, which is told by who does that.
class PartEvents final : public Events {
public:
    explicit PartEvents(Events& whole) : whole_(whole) {}
    void stage(std::string_view name) override { whole_.stage(name); }
    void progress(double fraction, std::uint64_t bytes) override { whole_.progress(fraction, bytes); }
    void note(std::string_view text) override { whole_.note(text); }
    void warning(std::string_view text) override { whole_.warning(text); }
    void finish() override {}

private:
    Events& whole_;
};

/// Newline-delimited JSON on a descriptor (--events-fd):
/// {"event":"stage","name":…,"elapsed":s} {"event":"progress","fraction":f|null,"bytes":n}
/// {"event":"note"|"warning","text":…}
/// {"event":"finish","elapsed":s}. Progress is written at most ten times a second.
std::unique_ptr<Events> json_events(int fd);

/// For people, on stderr: a moving line on a terminal (colour unless NO_COLOR), plain lines elsewhere. Each stage ends
/// with its time.
std::unique_ptr<Events> console_events();

/// Tells both.
std::unique_ptr<Events> both_events(std::unique_ptr<Events> first, std::unique_ptr<Events> second);

}  // namespace kld
