// SPDX-License-Identifier: BSD-3-Clause
// Waits for work that the kernel may never finish, such as reading a dying disk, and gives up in time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/runner.h"

namespace kld::menu {

/// Runs `work` in a thread of its own. After `limit` the thread is left behind and the error says so: `work` must own
/// all that it touches.
template <typename T>
Result<T> with_deadline(const std::string& what, std::chrono::milliseconds limit, std::function<Result<T>()> work) {
    struct Shared {
        std::mutex mutex;
        std::condition_variable done;
        std::optional<Result<T>> result;
    };
    const auto shared = std::make_shared<Shared>();
    std::thread([shared, work = std::move(work)] {
        auto result = work();
        const std::lock_guard lock(shared->mutex);
        shared->result = std::move(result);
        shared->done.notify_all();
    }).detach();
    std::unique_lock lock(shared->mutex);
    if (!shared->done.wait_for(lock, limit, [&] { return shared->result.has_value(); }))
        return fail(what + " gave no answer in " + std::to_string(limit.count() / 1000) + " s");
    return std::move(*shared->result);
}

/// Runs programs like ProcessRunner, but gives one up that cannot even be killed.
class DeadlineRunner final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        const auto limit = command.timeout + std::chrono::seconds(3);
        auto mine = command;
        mine.grace = std::chrono::seconds(0);
        return with_deadline<Output>(command.argv.front(), limit, [mine] { return ProcessRunner().run(mine); });
    }
};

}  // namespace kld::menu
