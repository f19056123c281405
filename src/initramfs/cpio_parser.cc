// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/cpio_parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kld::initramfs {
namespace {

constexpr std::size_t kHeaderBytes = 110;
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostEntries = 1'000'000;

std::string_view plain_path(std::string_view path) {
    while (path.starts_with("./") || path.starts_with("/")) path.remove_prefix(path.front() == '/' ? 1 : 2);
    while (path.ends_with("/")) path.remove_suffix(1);
    return path == "." ? std::string_view{} : path;
}

std::string_view parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

void CpioParser::expect(State state, std::uint64_t bytes) {
    state_ = state;
    missing_ = bytes;
    collected_.clear();
}

/// Bodies of files are kept on request only; links and short things always.
bool CpioParser::collects() const {
    if (state_ == State::padding) return false;
    return state_ != State::body || wanted_ || (header_.mode & 0170000U) == 0120000U;
}

Result<std::size_t> CpioParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (true) {
        // States without bytes of their own (no padding, an empty body) complete at once.
        while (state_ != State::between && missing_ == 0) KLD_CHECK(step());
        if (used == bytes.size()) return used;
        if (state_ == State::between) {
            if (bytes[used] == '\0') {
                ++used;
                ++position_;
                continue;
            }
            if (bytes[used] != '0' || position_ % 4 != 0) return used;
            expect(State::header, kHeaderBytes);
        }
        const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(missing_, bytes.size() - used));
        if (collects()) collected_.append(bytes.substr(used, taken));
        used += taken;
        position_ += taken;
        missing_ -= taken;
    }
}

Status CpioParser::step() {
    const auto padding = [this] { return (4 - position_ % 4) % 4; };
    switch (state_) {
        case State::header:
            return parse_header();
        case State::name:
            return parse_name();
        case State::body:
            KLD_CHECK(finish_entry());
            expect(State::padding, padding());
            return {};
        case State::padding:
            expect(State::header, kHeaderBytes);
            return {};
        case State::between:
            break;
    }
    return {};
}

Status CpioParser::parse_header() {
    if (!collected_.starts_with("070701") && !collected_.starts_with("070702"))
        return fail("the magic of a cpio header (070701) is missing");
    std::array<std::uint32_t, 13> fields{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const char* begin = collected_.data() + 6 + 8 * i;
        const auto [end, error] = std::from_chars(begin, begin + 8, fields[i], 16);
        if (error != std::errc{} || end != begin + 8) return fail("a number in a cpio header is not hexadecimal");
    }
    header_ = {fields[0], fields[1], fields[4], fields[6], fields[7], fields[8], fields[11]};
    if (header_.name_size == 0 || header_.name_size > kLongestName)
        return fail(fmt::format("a cpio header claims a name of {} bytes", header_.name_size));
    if (++count_ > kMostEntries) return fail("the image has more than a million entries");
    // The name is padded so that header and name together are a multiple of four.
    const auto end = position_ + header_.name_size;
    expect(State::name, header_.name_size + (4 - end % 4) % 4);
    return {};
}

Status CpioParser::parse_name() {
    const std::string name(collected_.c_str());
    path_ = plain_path(name);
    if (name == "TRAILER!!!") {
        --count_;
        expect(State::between, 0);
        return end_archive();
    }
    wanted_ = (header_.mode & 0170000U) == 0100000U && keep_ && keep_(path_);
    if (header_.links > 1) {
        auto& linked = hard_links_[{header_.ino, header_.major, header_.minor}];
        linked.paths.push_back(path_);
        wanted_ = linked.wanted = linked.wanted || wanted_;
    }
    const bool is_link = (header_.mode & 0170000U) == 0120000U;
    if (is_link && header_.size > kLongestName)
        return fail(fmt::format("the link {} claims a target of {} bytes", path_, header_.size));
    expect(State::body, header_.size);
    return count_kept(path_.size() + (wanted_ || is_link ? header_.size : 0));
}

Status CpioParser::count_kept(std::uint64_t bytes) {
    kept_ += bytes;
    if (kept_ > kMostKept)
        return fail(fmt::format("{} and what came before it are too large to be kept in memory", path_));
    return {};
}

Status CpioParser::finish_entry() {
    Entry entry{.mode = header_.mode};
    if (entry.is_link()) entry.target = collected_.c_str();
    if (entry.is_file()) entry.size = header_.size;
    if (entry.is_file() && wanted_) entry.content = std::move(collected_);
    if (path_.empty()) return {};
    const auto parent = image_.resolve(parent_of(path_));
    const auto* directory = parent ? image_.find(*parent) : nullptr;
    const bool at_root = parent && parent->empty();
    if (!at_root && (directory == nullptr || !directory->is_directory())) {
        image_.lost.push_back(path_);
        return {};
    }
    const auto slash = path_.rfind('/');
    const auto name = slash == std::string::npos ? path_ : path_.substr(slash + 1);
    const auto where = at_root ? name : *parent + "/" + name;
    // Kernels remove what is in the way, but no directory with something in it.
    const auto below = image_.entries.lower_bound(where + "/");
    const bool full_directory = below != image_.entries.end() && below->first.starts_with(where + "/");
    if (full_directory && !entry.is_directory()) {
        image_.lost.push_back(path_);
        return {};
    }
    image_.entries[where] = std::move(entry);
    return count_kept(where.size());
}

/// Of the names of one file, only one carries the bytes.
Status CpioParser::end_archive() {
    for (const auto& [inode, linked] : hard_links_) {
        const Entry* full = nullptr;
        for (const auto& path : linked.paths)
            if (const auto* entry = image_.find(path); entry != nullptr && entry->is_file() && entry->size > 0)
                full = entry;
        if (full == nullptr) continue;
        for (const auto& path : linked.paths) {
            const auto at = image_.resolve(path, false);
            const auto entry = at ? image_.entries.find(*at) : image_.entries.end();
            if (entry == image_.entries.end() || !entry->second.is_file() || entry->second.size != 0) continue;
            if (full->content) KLD_CHECK(count_kept(full->size));
            entry->second = *full;
        }
    }
    hard_links_.clear();
    return {};
}

}  // namespace kld::initramfs
