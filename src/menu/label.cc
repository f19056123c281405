// SPDX-License-Identifier: BSD-3-Clause
#include "menu/label.h"

#include <array>

namespace kld::menu {
namespace {

// Types of name-value pairs that a label uses (sys/nvpair.h).
constexpr std::uint32_t kUint64 = 8;
constexpr std::uint32_t kString = 9;
constexpr std::uint32_t kList = 19;
constexpr std::uint32_t kListArray = 20;
constexpr int kMaximumDepth = 8;

/// XDR: big-endian, every item padded to four bytes. After a read beyond the end `good` is false and all reads give
/// zero.
class XdrReader {
public:
    explicit XdrReader(std::string_view bytes) : bytes_(bytes) {}
    bool good() const { return good_; }
    std::size_t position() const { return at_; }
    void seek(std::size_t position) {
        if (position > bytes_.size() || position < at_)
            good_ = false;
        else
            at_ = position;
    }
    std::uint32_t u32() {
        if (bytes_.size() - at_ < 4) good_ = false;
        if (!good_) return 0;
        std::uint32_t value = 0;
        for (int count = 0; count < 4; ++count) value = value << 8 | static_cast<unsigned char>(bytes_[at_++]);
        return value;
    }
    std::uint64_t u64() {
        const std::uint64_t high = u32();
        return high << 32 | u32();
    }
    std::string text() {
        const std::size_t size = u32();
        if (size > bytes_.size() - at_) good_ = false;
        if (!good_) return {};
        std::string value(bytes_.substr(at_, size));
        seek(at_ + (size + 3) / 4 * 4);
        return value;
    }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    bool good_ = true;
};

/// Called for each pair. `path` is the names of the lists around it, joined by slashes.
struct Collector {
    Label label;
    bool complete = false;

    void number(const std::string& path, const std::string& name, std::uint64_t value) {
        if (name == "guid" && path.starts_with("vdev_tree")) label.leaves.insert(value);
        if (!path.empty()) return;
        if (name == "pool_guid") label.pool_guid = value;
        if (name == "state") label.state = static_cast<PoolState>(value);
        if (name == "txg") label.txg = value;
        if (name == "hostid") label.hostid = static_cast<std::uint32_t>(value);
        if (name == "guid") label.guid = value;
        if (name == "top_guid") label.top_guid = value;
        if (name == "vdev_children") label.top_level_count = value;
    }
    void text(const std::string& path, const std::string& name, std::string value) {
        if (!path.empty()) return;
        if (name == "name")
            label.pool = std::move(value);
        else if (name == "hostname")
            label.hostname = std::move(value);
    }
};

/// One list up to its end mark. Inner vdevs (mirrors, raidz) have guids too: those with children are taken out again.
bool read_list(XdrReader& xdr, const std::string& path, Collector& collector, int depth) {
    if (depth > kMaximumDepth) return false;
    xdr.u32();  // version
    xdr.u32();  // flags
    std::optional<std::uint64_t> own_guid;
    bool inner = false;
    while (xdr.good()) {
        const auto start = xdr.position();
        const auto size = xdr.u32();
        const auto decoded = xdr.u32();
        if (size == 0 && decoded == 0) {
            if (inner && own_guid) collector.label.leaves.erase(*own_guid);
            return xdr.good();
        }
        const auto name = xdr.text();
        const auto type = xdr.u32();
        const auto count = xdr.u32();
        const auto below = path.empty() ? name : path + "/" + name;
        if (type == kUint64) {
            const auto value = xdr.u64();
            if (name == "guid") own_guid = value;
            collector.number(path, name, value);
        } else if (type == kString) {
            collector.text(path, name, xdr.text());
        } else if (type == kList) {
            if (!read_list(xdr, below, collector, depth + 1)) return false;
        } else if (type == kListArray) {
            inner = inner || name == "children";
            for (std::uint32_t index = 0; index < count; ++index)
                if (!read_list(xdr, below, collector, depth + 1)) return false;
        }
        xdr.seek(start + size);
    }
    return false;
}

}  // namespace

std::optional<Label> parse_label(std::string_view list) {
    constexpr char kXdr = 1;
    if (list.size() < 12 || list[0] != kXdr) return std::nullopt;
    XdrReader xdr(list.substr(4));
    Collector collector;
    if (!read_list(xdr, "", collector, 0) || collector.label.pool_guid == 0) return std::nullopt;
    return collector.label;
}

std::optional<Label> read_label(const Fd& device, bool both_ends) {
    const auto size = device.size();
    if (!size || *size < 4 * kLabelSize) return std::nullopt;
    const auto end = *size / kLabelSize * kLabelSize;
    const std::array<std::uint64_t, 4> places{0, kLabelSize, end - 2 * kLabelSize, end - kLabelSize};
    std::optional<Label> newest;
    for (std::size_t index = 0; index < (both_ends ? 4U : 2U); ++index) {
        const auto bytes = device.read_at(kLabelListSize, places[index] + kLabelListOffset);
        if (!bytes) continue;
        auto label = parse_label(*bytes);
        if (label && (!newest || label->txg > newest->txg)) newest = std::move(label);
        if (index == 1 && newest) break;
    }
    return newest;
}

}  // namespace kld::menu
