// SPDX-License-Identifier: BSD-3-Clause
#include "pool/check.h"

#include "pool/kz.h"
#include "pool/kz_check.h"
#include "pool/space_ranges.h"

namespace kld::pool {

namespace {

constexpr std::size_t kMaxShown = 100;

struct Bad {
    kz_place place{};
    std::uint64_t offset = 0;
    int copy = 0, error = 0;
};

/// What the walk tells; the shim holds a lock while it does.
struct Gathered {
    Events& events;
    SpaceRanges allocated{};
    std::vector<FoundRange> found{};
    std::uint64_t bytes = 0, bad_count = 0;
    std::vector<Bad> bad{};
};

Gathered& gathered(void* context) {
    return *static_cast<Gathered*>(context);
}

kz_check listener(Gathered& to) {
    kz_check check{};
    check.context = &to;
    check.found = [](void* context, std::uint64_t offset, std::uint64_t size, int shared, int uncertain) {
        gathered(context).found.push_back({offset, size, shared != 0, uncertain != 0});
        gathered(context).bytes += size;
    };
    check.bad = [](void* context, const kz_place* place, std::uint64_t offset, int copy, int error) {
        Gathered& into = gathered(context);
        if (++into.bad_count <= kMaxShown) into.bad.push_back({*place, offset, copy, error});
    };
    check.space = [](void* context, std::uint64_t offset, std::uint64_t size, int allocated) {
        if (allocated != 0)
            gathered(context).allocated.add(offset, size);
        else
            gathered(context).allocated.remove(offset, size);
    };
    check.progress = [](void* context, std::uint64_t done, std::uint64_t all) {
        gathered(context).events.progress(all == 0 ? -1 : static_cast<double>(done) / static_cast<double>(all), done);
    };
    return check;
}

DamagedBlock name_of(const OpenPool& pool, const Bad& bad) {
    DamagedBlock block{{},         {},       bad.place.object,   bad.place.block, bad.place.level,
                       bad.offset, bad.copy, kz_error(bad.error)};
    std::string dataset(256, '\0'), path(4096, '\0');
    if (bad.place.dataset != 0 &&
        kz_place_name(pool.name().c_str(), &bad.place, dataset.data(), dataset.size(), path.data(), path.size()) == 0) {
        block.dataset = dataset.c_str();
        block.path = path.c_str();
    }
    return block;
}

}  // namespace

Result<CheckReport> check(const OpenPool& pool, Events& events) {
    events.stage("check");
    Gathered all{events};
    const kz_check told = listener(all);
    const char* unsure = nullptr;
    const int error = kz_check_pool(pool.name().c_str(), &told, &unsure);
    CheckReport report;
    report.pool = pool.name();
    report.blocks = all.found.size();
    report.bytes = all.bytes;
    report.allocated = all.allocated.bytes();
    report.damaged_count = all.bad_count;
    for (const auto& bad : all.bad) report.damaged.push_back(name_of(pool, bad));
    if (error != 0) {
        // The walk could not go on: whatever lies behind was not seen, so space cannot be compared.
        ++report.damaged_count;
        report.unsure = std::string("the walk ended early: ") + kz_error(error);
        return report;
    }
    if (unsure != nullptr) {
        report.unsure = unsure;
        return report;
    }
    if (all.bad_count != 0) {
        report.unsure = "blocks are damaged, what they refer to was not seen";
        return report;
    }
    const SpaceComparison space = compare_space(all.allocated, all.found);
    report.leaked = space.leaked;
    report.missing = space.missing;
    report.doubled = space.doubled;
    return report;
}

}  // namespace kld::pool
