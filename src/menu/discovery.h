// SPDX-License-Identifier: BSD-3-Clause
// The thread that looks for disks, pools and boot environments as long as the menu runs.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/runner.h"
#include "menu/inbox.h"
#include "menu/keyring.h"

namespace kld::menu {

class Discovery {
public:
    Discovery(std::shared_ptr<Inbox> inbox, std::shared_ptr<Keyring> keyring, std::string prefer);

    void start();
    /// Search again, everything, and try failed imports once more.
    void rescan();
    /// Held while pools are imported or listed. Whoever exports pools or loads from them takes it, for a while only: a
    /// dying disk may keep discovery in the kernel for good.
    std::timed_mutex& pools_mutex() { return pools_mutex_; }

private:
    void run();
    void work();
    std::shared_ptr<Inbox> inbox_;
    std::shared_ptr<Keyring> keyring_;
    std::string prefer_;
    Fd wake_;
    std::atomic<bool> rescan_{false};
    std::timed_mutex pools_mutex_;
};

}  // namespace kld::menu
