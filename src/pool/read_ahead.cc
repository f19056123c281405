// SPDX-License-Identifier: BSD-3-Clause
#include "pool/read_ahead.h"

#include <sys/stat.h>

namespace kld::pool {

namespace {
constexpr std::size_t kMaxWaiting = 4096;  // entries
constexpr std::size_t kMaxPieces = 64;     // of one item
}  // namespace

ReadAhead::ReadAhead(Source& source, std::size_t limit) : source_(source), limit_(limit), thread_([this] { run(); }) {}

ReadAhead::~ReadAhead() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    source_.stop();
    thread_.join();
}

void ReadAhead::run() {
    auto more = Result<bool>(true);
    while (more && *more) more = produce();
    const std::lock_guard lock(mutex_);
    if (!more) error_ = more.error();
    ended_ = true;
    changed_.notify_all();
}

/// One entry and its data. @returns false at the end
Result<bool> ReadAhead::produce() {
    Item item;
    item.entry = std::make_unique<Entry>();
    KLD_TRY(const bool more, source_.next(*item.entry));
    if (!more) return false;
    if (S_ISREG(item.entry->mode) && item.entry->hard_link.empty()) {
        Piece piece;
        while (true) {
            KLD_TRY(const bool data, source_.read(piece));
            if (!data) break;
            // The first item carries only what lies at the beginning: the file is made with it.
            const bool apart = item.entry != nullptr && piece.offset + piece.length > kPieceBytes;
            if (apart || item.bytes + piece.length > kPieceBytes || item.pieces.size() == kMaxPieces) {
                if (!put(std::move(item))) return false;
                item = {};
            }
            item.bytes += piece.length;
            item.pieces.push_back(std::move(piece));
        }
    }
    return put(std::move(item));
}

/// @returns false when nobody wants more
bool ReadAhead::put(Item item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || (waiting_bytes_ < limit_ && ready_.size() < kMaxWaiting); });
    waiting_bytes_ += item.bytes;
    ready_.push_back(std::move(item));
    if (ready_.size() == 1) changed_.notify_all();
    return !stop_;
}

Result<std::optional<Item>> ReadAhead::next() {
    if (taken_.empty()) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
        if (ready_.empty()) {
            if (error_) return fail(*error_);
            return std::optional<Item>();
        }
        taken_.swap(ready_);
        waiting_bytes_ = 0;
        changed_.notify_all();
    }
    std::optional<Item> item = std::move(taken_.front());
    taken_.pop_front();
    return item;
}

}  // namespace kld::pool
