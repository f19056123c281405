// SPDX-License-Identifier: BSD-3-Clause
#include "image/ustar.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace kld::image {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kName = 100;
constexpr std::uint64_t kLargest = (1ULL << 33) - 1;  // eleven octal digits
constexpr std::size_t kChecksum = 148, kChecksumBytes = 8;

/// An octal number of `width` - 1 digits and a zero byte.
void put_octal(std::string& header, std::size_t at, std::size_t width, std::uint64_t number) {
    header.replace(at, width - 1, fmt::format("{:0{}o}", number, width - 1));
}

}  // namespace

Result<UstarWriter> UstarWriter::create(const std::string& path, long time) {
    KLD_TRY(auto fd, Fd::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    return UstarWriter(std::move(fd), time);
}

Status UstarWriter::write(std::string_view bytes) {
    written_ += bytes.size();
    return fd_.write_all(bytes);
}

Status UstarWriter::pad() {
    return write(std::string((kBlock - written_ % kBlock) % kBlock, '\0'));
}

Status UstarWriter::begin(const std::string& name, std::uint64_t size) {
    if (name.size() > kName)
        return fail(fmt::format("the name {} is too long for an archive: it may have {} bytes", name, kName));
    if (size > kLargest)
        return fail(
            fmt::format("{} has {} and is too large for an archive: a file may have 8 GiB", name, human_bytes(size)));
    std::string header(kBlock, '\0');
    header.replace(0, name.size(), name);
    put_octal(header, 100, 8, 0644);
    put_octal(header, 108, 8, 0);  // owner
    put_octal(header, 116, 8, 0);  // group
    put_octal(header, 124, 12, size);
    put_octal(header, 136, 12, static_cast<std::uint64_t>(time_));
    header[156] = '0';  // a regular file
    header.replace(257, 8, std::string_view("ustar\00000", 8));
    put_octal(header, 329, 8, 0);  // device numbers
    put_octal(header, 337, 8, 0);
    // The sum is that of a header whose sum is blanks.
    header.replace(kChecksum, kChecksumBytes, kChecksumBytes, ' ');
    unsigned sum = 0;
    for (const char byte : header) sum += static_cast<unsigned char>(byte);
    header.replace(kChecksum, 7, fmt::format("{:06o}", sum) + '\0');
    return write(header);
}

Status UstarWriter::file(const std::string& name, std::string_view bytes) {
    KLD_CHECK(begin(name, bytes.size()));
    KLD_CHECK(write(bytes));
    return pad();
}

Status UstarWriter::copy(const std::string& name, const std::string& source) {
    KLD_TRY(const auto from, Fd::open(source, O_RDONLY));
    KLD_TRY(const auto size, from.size());
    KLD_CHECK(begin(name, size));
    constexpr std::size_t kPiece = 1 << 20;
    for (std::uint64_t at = 0; at < size;) {
        KLD_TRY(const auto bytes, from.read_at(std::min<std::uint64_t>(kPiece, size - at), at));
        if (bytes.empty()) return fail(source + " became shorter while it was read");
        KLD_CHECK(write(bytes));
        at += bytes.size();
    }
    return pad();
}

Status UstarWriter::finish() {
    // Two blocks of zeros end an archive; tar itself writes records of twenty blocks.
    KLD_CHECK(write(std::string(2 * kBlock, '\0')));
    constexpr std::size_t kRecord = 20 * kBlock;
    KLD_CHECK(write(std::string((kRecord - written_ % kRecord) % kRecord, '\0')));
    return fd_.sync();
}

}  // namespace kld::image
