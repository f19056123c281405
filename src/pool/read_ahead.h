// SPDX-License-Identifier: BSD-3-Clause
// Reads a source in a thread of its own, ahead of the one that writes the pool.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "pool/source.h"

namespace kld::pool {

/// An entry with the first of its data, or (entry empty) more data of the entry before.
struct Item {
    std::unique_ptr<Entry> entry{};
    std::vector<Piece> pieces{};
    std::size_t bytes = 0;
};

class ReadAhead {
public:
    /// @param limit  bytes of file data that may wait
    ReadAhead(Source& source, std::size_t limit);
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    /// @returns nothing at the end of the source
    Result<std::optional<Item>> next();

private:
    void run();
    Result<bool> produce();
    bool put(Item item);

    Source& source_;
    const std::size_t limit_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::deque<Item> ready_{};
    std::size_t waiting_bytes_ = 0;
    bool ended_ = false, stop_ = false;
    std::optional<Error> error_{};
    std::deque<Item> taken_{};  ///< moved out in one go, for the reader of this queue alone
    std::thread thread_;
};

}  // namespace kld::pool
