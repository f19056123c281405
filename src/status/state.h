// SPDX-License-Identifier: BSD-3-Clause
// How a machine is: what kst read, without a judgement. What has no value could not be read, or is not there.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "boot/trial.h"
#include "check/report.h"
#include "packages/log.h"

namespace kld::status {

struct Errors {
    std::uint64_t read = 0, write = 0, checksum = 0;
    bool any() const { return read != 0 || write != 0 || checksum != 0; }
};

/// A disk or a group of them that is not as it should be.
struct Device {
    std::string name;
    std::string state;  ///< "DEGRADED"
    Errors errors{};
    std::string note{};  ///< what zpool says behind the numbers: "too many errors"
};

/// The last pass over all data, or the one that runs.
struct Scan {
    std::string kind;      ///< "scrub", "resilver", "error scrub"
    std::string state;     ///< "finished", "running", "paused", "canceled"
    std::time_t time = 0;  ///< of its end, or of its beginning while it runs; when it was paused
    std::optional<std::uint64_t> errors{};
    std::optional<double> percent{};
};

/// What `zpool status` says of one pool.
struct PoolHealth {
    std::string name;
    std::string state;                           ///< "ONLINE"
    std::string status{}, action{}, see{};       ///< one line each, empty when zpool has nothing to say
    std::optional<Scan> scan{};                  ///< none: there was never one
    std::vector<Device> devices{};               ///< those with errors or in another state than ONLINE
    Errors errors{};                             ///< of all devices
    std::optional<std::uint64_t> data_errors{};  ///< files and metadata that are lost
};

/// Its sizes, by `zpool list`.
struct PoolSpace {
    std::string name;
    std::uint64_t size = 0, allocated = 0, free = 0;  ///< bytes
    std::optional<std::uint64_t> fragmentation{};     ///< per cent; of free space
    std::string bootfs{};                             ///< empty: not set
    bool readonly = false;
};

struct Snapshots {
    std::uint64_t count = 0;
    std::string newest{};  ///< its name; empty: there is none
    std::optional<std::uint64_t> created{};
};

struct Pool {
    std::string name;
    std::optional<PoolHealth> health{};
    std::optional<PoolSpace> space{};
    std::optional<double> compression{};               ///< 1.82: bytes before by bytes after
    std::optional<std::uint64_t> held_by_snapshots{};  ///< what would be free without any
    std::optional<Snapshots> snapshots{};
};

struct Boot {
    std::string pool;
    std::string running{};                        ///< dataset on /
    std::string next{};                           ///< bootfs; with a trial boots_next() tells
    std::optional<std::uint64_t> environments{};  ///< how many there are
    std::string next_kernel{};                    ///< release that boots by default; empty: not known
    std::optional<boot::Trial> trial{};           ///< that has not ended; only root can tell
};

struct Arc {
    std::uint64_t size = 0, limit = 0;   ///< bytes
    std::uint64_t hits = 0, misses = 0;  ///< since boot
};

struct Memory {
    std::uint64_t total = 0, available = 0;  ///< bytes
};

struct State {
    std::time_t now = 0;
    std::string host{}, system{}, kernel{};
    std::optional<std::vector<Pool>> pools{};
    std::optional<Boot> boot{};  ///< none: the root is not on ZFS
    std::optional<Arc> arc{};
    std::optional<Memory> memory{};
    std::optional<std::uint64_t> processors{};
    std::optional<std::vector<double>> load{};  ///< over 1, 5 and 15 minutes
    std::optional<std::uint64_t> uptime{};      ///< seconds
    std::optional<std::vector<std::string>> failed_services{};
    std::optional<std::string> reboot_required{};  ///< the packages that want it, or empty; none: nothing wants it
    std::optional<std::vector<packages::Record>>
        transactions{};                    ///< newest first, a handful; none: no log, or not for us
    bool log_is_closed = false;            ///< there is a log, and only root may read it
    std::optional<check::Report> check{};  ///< of the boot chain, when it was asked for
    std::vector<Error> unread{};           ///< what should have been readable and was not
};

}  // namespace kld::status
