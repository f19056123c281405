// SPDX-License-Identifier: BSD-3-Clause
// A tar stream as a source: every form and compression that libarchive reads, with pax headers for xattrs, ACLs and
// holes.
#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "pool/account_names.h"
#include "pool/source.h"

struct archive;
struct archive_entry;

namespace kld::pool {

class TarSource final : public Source {
public:
    /// @param path  "-" is stdin
    static Result<std::unique_ptr<TarSource>> open(const std::string& path);
    ~TarSource() override;
    TarSource(const TarSource&) = delete;
    TarSource& operator=(const TarSource&) = delete;
    Result<bool> next(Entry& entry) override;
    Result<bool> read(Piece& piece) override;
    void stop() override;

private:
    TarSource(std::string shown, Fd file, Fd stopped)
        : shown_(std::move(shown)), file_(std::move(file)), stopped_(std::move(stopped)) {}
    /// archive_read_callback. libarchive's own reader would, after an error too, wait for the writer of a pipe to end.
    static ssize_t read_stream(archive* to, void* self, const void** bytes);
    /// What a writer puts behind the end of the archive: who stops reading a pipe early makes the writer fail.
    void read_to_the_end();
    Error broken(const std::string& what) const;
    Status convert(archive_entry* from, Entry& entry) const;
    Result<bool> read_piece(Piece& piece);
    Status take_xattrs(archive_entry* from, Entry& entry) const;

    std::string shown_;
    Fd file_;
    Fd stopped_;            ///< an eventfd, readable when stop() was called
    std::string stream_{};  ///< what was read last
    archive* archive_ = nullptr;
    std::string path_{};
    const char* block_ = nullptr;  ///< what libarchive gave and nobody took yet
    std::size_t block_length_ = 0;
    std::int64_t block_offset_ = 0;
    bool data_ended_ = true;
    AccountNames names_{};
    std::string account_text_{};  ///< of etc/passwd or etc/group
};

}  // namespace kld::pool
