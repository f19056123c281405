// SPDX-License-Identifier: BSD-3-Clause
// Send streams, as zfs(8) writes and reads them: out of snapshots, and into new datasets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "pool/kz.h"
#include "pool/layout.h"
#include "pool/open_pool.h"

namespace kld::pool {

/// What --stream says: "ROOT/default@base=FILE" or "ROOT/default=FILE".
struct StreamFile {
    std::string dataset{};  ///< below the pool, or with the pool's name in front
    std::string path{};     ///< "-" is stdin or stdout
};

/// @returns an error (exit 2) when there is no "="
Result<StreamFile> parse_stream_file(const std::string& text);

/// Streams that are opened, by index in the layout. Opened before anything is written.
class Streams {
public:
    /// @returns an error (exit 2) for a dataset that the layout does not have, has twice or does not put files into
    static Result<Streams> open(const Layout& layout, const std::vector<StreamFile>& files);
    bool has(std::size_t dataset) const { return files_[dataset].valid(); }
    /// Makes the dataset and its snapshot. What was fixed when the sender made it must be what the layout says.
    /// @returns "dataset@snapshot"
    Result<std::string> receive(std::size_t dataset, const Layout& layout) const;
    /// Bytes of all streams whose size is known.
    std::uint64_t bytes() const;

private:
    std::vector<Fd> files_{};
    std::vector<std::string> shown_{};
};

struct SendOptions {
    std::string from{};  ///< an earlier snapshot of the dataset, without it: only what changed since; empty for all
    /// GUID and creation time that the snapshots have where they are received, so that the same content gives the same
    /// bytes; without it what the pool gave them.
    std::optional<kz_identity> identity{};
};

/// Writes the stream of a snapshot. A file has the name PATH.partial until it is whole.
/// @param snapshot  "dataset@name"
Status send_stream(const OpenPool& pool, const StreamFile& snapshot, const SendOptions& options);

}  // namespace kld::pool
