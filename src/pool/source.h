// SPDX-License-Identifier: BSD-3-Clause
// Where a file tree comes from: a directory or a tar stream.
#pragma once

#include "base/result.h"
#include "pool/entry.h"

namespace kld::pool {

class Source {
public:
    virtual ~Source() = default;
    /// The next thing; a directory comes before what is in it, unless a tar stream leaves it out.
    /// @returns false at the end
    virtual Result<bool> next(Entry& entry) = 0;
    /// The next piece of the regular file that `next` gave, at most kPieceBytes long, offsets ascending.
    /// @returns false when the file has no more
    virtual Result<bool> read(Piece& piece) = 0;
    /// From another thread: nothing more is wanted, and whoever waits for data stops waiting, with an error.
    virtual void stop() {}
};

}  // namespace kld::pool
