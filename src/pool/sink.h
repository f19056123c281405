// SPDX-License-Identifier: BSD-3-Clause
// Where an extracted tree goes: a directory or a tar stream.
#pragma once

#include "base/events.h"
#include "pool/source.h"

namespace kld::pool {

class Sink {
public:
    virtual ~Sink() = default;
    virtual Status begin(const Entry& entry) = 0;
    /// Data of the regular file that `begin` told of.
    virtual Status data(const Piece& piece) = 0;
    /// The end of that file.
    virtual Status end() = 0;
    /// The end of the tree.
    virtual Status finish() = 0;
};

/// Into a directory that does not exist or is empty (else exit 3). Who is not root keeps neither owners nor device
/// nodes nor security. and trusted. attributes: `events` is told once of each kind.
Result<std::unique_ptr<Sink>> directory_sink(const std::string& path, Events& events);

/// A pax tar stream; "-" is stdout. Sockets have no form in tar: `events` is told.
Result<std::unique_ptr<Sink>> tar_sink(const std::string& path, Events& events);

/// Moves all of it.
Status pour(Source& source, Sink& sink, Events& events);

}  // namespace kld::pool
