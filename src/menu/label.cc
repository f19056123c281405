// SPDX-License-Identifier: BSD-3-Clause
#include "menu/label.h"

#include <array>
#include <cstring>

#include "boot/nvlist.h"

namespace kld::menu {
namespace {

/// Inner vdevs (mirrors, raidz) have guids too: those with children are no devices.
class Collector final : public boot::NvVisitor {
public:
    Label label;

    void begin_list(const std::string& name) override {
        if (!open_.empty() && name == "children") open_.back().inner = true;
        open_.push_back({name, {}, false});
    }
    void end_list() override {
        const auto list = std::move(open_.back());
        open_.pop_back();
        if (list.inner && list.guid) label.leaves.erase(*list.guid);
    }
    void number(const std::string& name, std::uint64_t value) override {
        if (name == "guid") open_.back().guid = value;
        if (name == "guid" && open_.size() > 1 && open_[1].name == "vdev_tree") label.leaves.insert(value);
        if (open_.size() > 1) return;
        if (name == "pool_guid") label.pool_guid = value;
        if (name == "state") label.state = static_cast<PoolState>(value);
        if (name == "txg") label.txg = value;
        if (name == "hostid") label.hostid = static_cast<std::uint32_t>(value);
        if (name == "guid") label.guid = value;
        if (name == "top_guid") label.top_guid = value;
        if (name == "vdev_children") label.top_level_count = value;
    }
    void text(const std::string& name, std::string value) override {
        if (open_.size() > 1) return;
        if (name == "name")
            label.pool = std::move(value);
        else if (name == "hostname")
            label.hostname = std::move(value);
    }

private:
    struct List {
        std::string name;
        std::optional<std::uint64_t> guid;
        bool inner;
    };
    std::vector<List> open_;
};

}  // namespace

std::optional<Label> parse_label(std::string_view list) {
    Collector collector;
    if (!boot::visit_nvlist(list, collector) || collector.label.pool_guid == 0) return std::nullopt;
    return collector.label;
}

std::uint64_t last_written(std::string_view uberblocks) {
    // uberblock_impl.h: magic, version, txg, sum of GUIDs, timestamp. They lie at multiples of 1 KiB or more.
    struct Uberblock {
        std::uint64_t magic, version, txg, guid_sum, timestamp;
    };
    constexpr std::uint64_t kMagic = 0x00bab10c;
    constexpr std::size_t kStep = 1024;
    Uberblock newest{};
    for (std::size_t at = 0; at + sizeof(Uberblock) <= uberblocks.size(); at += kStep) {
        Uberblock block{};
        std::memcpy(&block, uberblocks.data() + at, sizeof block);
        if (block.magic == kMagic && block.txg > newest.txg) newest = block;
    }
    return newest.timestamp;
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
        if (label && (!newest || label->txg > newest->txg)) {
            newest = std::move(label);
            if (const auto blocks = device.read_at(kUberblocksSize, places[index] + kUberblocksOffset))
                newest->written = last_written(*blocks);
        }
        if (index == 1 && newest) break;
    }
    return newest;
}

}  // namespace kld::menu
