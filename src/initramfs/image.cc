// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/image.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <deque>

#include "base/fd.h"
#include "base/text.h"
#include "initramfs/cpio_parser.h"

namespace kld::initramfs {
namespace {

constexpr std::uint64_t kMostUnpacked = std::uint64_t{4} << 30;

tl::unexpected<Error> at_offset(Error error, std::uint64_t offset) {
    return fail(std::move(error).within(fmt::format("initramfs, at byte {}", offset)));
}

/// Unpacks one compressed stream of whole archives. @returns its length in the image
/// @param left  how many bytes it and those after it may unpack to
Result<std::size_t> read_stream(Format format, std::string_view bytes, CpioParser& parser, std::uint64_t& left) {
    std::uint64_t unpacked = 0;
    parser.begin_stream(0);
    const auto sink = [&](std::string_view piece) -> Status {
        if (piece.size() > left) return fail("it unpacks to more than 4 GiB");
        left -= piece.size();
        unpacked += piece.size();
        KLD_TRY(const auto taken, parser.feed(piece));
        if (taken != piece.size())
            return fail(fmt::format("there is no cpio archive at byte {} of the unpacked {} stream",
                                    unpacked - piece.size() + taken, format_name(format)));
        return {};
    };
    KLD_TRY(const auto used, decode(format, bytes, sink));
    if (!parser.between_archives())
        return fail(fmt::format("the archive in the {} stream is cut short", format_name(format)));
    return used;
}

}  // namespace

std::optional<std::string> Image::resolve(std::string_view path, bool last) const {
    constexpr int kMostLinks = 40;
    constexpr std::size_t kLongest = 4096, kMostSteps = 1000;
    std::deque<std::string> open;
    std::size_t steps = 0;
    const auto go = [&](std::string_view on) {
        const auto pieces = split(on, '/');
        steps += pieces.size();
        if (steps <= kMostSteps) open.insert(open.begin(), pieces.begin(), pieces.end());
        return steps <= kMostSteps;
    };
    if (!go(path)) return std::nullopt;
    std::string at;
    for (int links = 0; !open.empty();) {
        const auto piece = std::move(open.front());
        open.pop_front();
        if (piece.empty() || piece == ".") continue;
        if (piece == "..") {
            const auto slash = at.rfind('/');
            at.erase(slash == std::string::npos ? 0 : slash);
            continue;
        }
        auto next = at.empty() ? piece : at + "/" + piece;
        const auto entry = next.size() > kLongest ? entries.end() : entries.find(next);
        if (entry == entries.end()) return std::nullopt;
        if (!entry->second.is_link() || (open.empty() && !last)) {
            at = std::move(next);
            continue;
        }
        const auto& target = entry->second.target;
        if (++links > kMostLinks || !go(target)) return std::nullopt;
        if (target.starts_with('/')) at.clear();
    }
    return at;
}

const Entry* Image::find(std::string_view path) const {
    const auto at = resolve(path);
    if (!at) return nullptr;
    const auto entry = entries.find(*at);
    return entry == entries.end() ? nullptr : &entry->second;
}

Result<Image> read_image(std::string_view bytes, const Keep& keep) {
    Image image;
    CpioParser parser(image, keep);
    std::uint64_t offset = 0, left = kMostUnpacked;
    while (offset < bytes.size()) {
        const auto rest = bytes.substr(offset);
        const auto before = parser.entries();
        if (rest.front() == '\0') {
            offset += std::min(rest.find_first_not_of('\0'), rest.size());
            continue;
        }
        const bool plain = rest.front() == '0' && offset % 4 == 0;
        const auto format = plain ? Format::cpio : compression_of(rest);
        if (!format)
            return at_offset(Error{"neither a cpio archive at a multiple of four nor a compression that is known here"},
                             offset);
        if (plain) parser.begin_stream(offset);
        auto taken = plain ? parser.feed(rest) : read_stream(*format, rest, parser, left);
        if (!taken) return at_offset(std::move(taken.error()), offset);
        image.segments.push_back({offset, *taken, *format, parser.entries() - before});
        offset += *taken;
    }
    if (!parser.between_archives()) return at_offset(Error{"the archive is cut short"}, offset);
    if (image.segments.empty()) return fail("the initramfs is empty");
    return image;
}

Result<Image> read_image_file(const std::string& path, const Keep& keep) {
    KLD_TRY(const auto file, Fd::open(path, O_RDONLY));
    KLD_TRY(const auto size, file.size());
    KLD_TRY(const auto bytes, file.read_at(static_cast<std::size_t>(size), 0));
    auto image = read_image(bytes, keep);
    if (!image) return fail(std::move(image.error()).within(path));
    return image;
}

}  // namespace kld::initramfs
