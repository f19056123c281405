// SPDX-License-Identifier: BSD-3-Clause
// Loads drivers as devices ask for them: udev's part in a machine that has no udev.
#pragma once

#include <chrono>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/runner.h"

namespace kld::menu {

/// What a kernel event says, as far as the menu cares.
struct DeviceEvent {
    std::string action;     ///< "add", "change", "remove", …
    std::string subsystem;  ///< "block", "pci", …
    std::string modalias;   ///< empty when there is none
};

/// A message of the kernel's event socket: a header, then NAME=value items, each ended by a zero byte.
DeviceEvent parse_device_event(std::string_view message);

class Drivers {
public:
    explicit Drivers(Runner& runner) : runner_(runner) {}

    /// Begins to listen; later events are kept by the kernel until they are read.
    Status listen();
    /// Loads a driver for each device that is there already, and modules by name.
    void load_for_present_devices(std::vector<std::string> modules);
    /// Reads events and loads drivers until nothing has come for `quiet`, at most for `limit`.
    /// @returns true when a block device came, went or changed
    bool settle(std::chrono::milliseconds quiet, std::chrono::milliseconds limit);
    /// modprobe by names or aliases; what does not exist is skipped. What did not end in time is kept for retry().
    void load(const std::vector<std::string>& names);
    /// Tries again some of what did not end in time, if anything: each half of it by itself, so that one driver that
    /// never answers keeps no other one out. @returns true when something was tried
    bool retry();
    int event_fd() const { return socket_.get(); }

private:
    void modprobe(std::vector<std::string> names);
    bool drain(std::vector<std::string>& aliases);
    Runner& runner_;
    Fd socket_;
    std::set<std::string> known_;
    std::deque<std::vector<std::string>> late_;
};

}  // namespace kld::menu
