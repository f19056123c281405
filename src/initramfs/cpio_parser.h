// SPDX-License-Identifier: BSD-3-Clause
// Takes newc archives apart as their bytes come in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "initramfs/image.h"

namespace kld::initramfs {

class CpioParser {
public:
    CpioParser(Image& image, const Keep& keep) : image_(image), keep_(keep) {}

    /// The bytes after the ones given before. Between archives only zero bytes and an archive at a multiple of four may
    /// come.
    /// @returns how many were taken: all, or those before a byte that begins neither
    Result<std::size_t> feed(std::string_view bytes);

    /// A new stream begins: alignment is counted from its start.
    void begin_stream(std::uint64_t position) { position_ = position; }

    /// True when the last archive is complete.
    bool between_archives() const { return state_ == State::between; }
    std::size_t entries() const { return count_; }

private:
    enum class State { between, header, name, body, padding };
    struct Header {
        std::uint32_t ino = 0, mode = 0, links = 0, size = 0, major = 0, minor = 0, name_size = 0;
    };
    using Inode = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
    struct Linked {
        std::vector<std::string> paths;
        bool wanted = false;
    };

    Status step();
    Status parse_header();
    Status parse_name();
    Status finish_entry();
    Status end_archive();
    Status count_kept(std::uint64_t bytes);
    bool collects() const;
    void expect(State state, std::uint64_t bytes);

    Image& image_;
    const Keep& keep_;
    State state_ = State::between;
    std::uint64_t position_ = 0;
    std::uint64_t missing_ = 0;  ///< bytes until the present state is complete
    std::uint64_t kept_ = 0;
    std::size_t count_ = 0;
    std::string collected_;
    Header header_;
    std::string path_;
    bool wanted_ = false;
    std::map<Inode, Linked> hard_links_;
};

}  // namespace kld::initramfs
