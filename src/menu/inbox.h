// SPDX-License-Identifier: BSD-3-Clause
// Brings news from working threads to the loop that draws the menu.
#pragma once

#include <sys/eventfd.h>

#include <deque>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "menu/pager.h"
#include "menu/snapshots.h"
#include "menu/world.h"

namespace kld::menu {

/// Discovery does something that takes a while.
struct Busy {
    std::string what;
};
/// Discovery found something new.
struct Found {
    World world;
};
/// A kernel is loaded and can be started.
struct Loaded {};
/// A kernel could not be loaded.
struct LoadFailed {
    Error error;
    bool on_trial = false;  ///< the last good environment is to boot by itself
};

/// The snapshots that a person asked for.
struct SnapshotsFound {
    std::string environment;
    std::vector<Snapshot> snapshots;
};
/// Text that a person asked for.
struct TextReady {
    Pager text;
};
/// A pool was changed; discovery is looking at it again.
struct Changed {
    std::string environment;  ///< to boot when it is there; empty: nothing
    std::string notice{};
};
/// The key that a person was asked for is loaded; discovery is looking at what it opens.
struct Unlocked {};
/// zfs did not take it.
struct KeyRefused {
    std::string reason;
};
/// What a person asked for did not work.
struct Failed {
    std::string what;  ///< "No boot environment was made:"
    Error error;
};

using News =
    std::variant<Busy, Found, Loaded, LoadFailed, SnapshotsFound, TextReady, Changed, Unlocked, KeyRefused, Failed>;

class Inbox {
public:
    Inbox() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    void put(News news) {
        const std::lock_guard lock(mutex_);
        news_.push_back(std::move(news));
        ::eventfd_write(wake_.get(), 1);
    }
    std::deque<News> take() {
        const std::lock_guard lock(mutex_);
        eventfd_t count = 0;
        ::eventfd_read(wake_.get(), &count);
        return std::exchange(news_, {});
    }
    int fd() const { return wake_.get(); }

private:
    Fd wake_;
    std::mutex mutex_;
    std::deque<News> news_;
};

}  // namespace kld::menu
