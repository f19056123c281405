// SPDX-License-Identifier: BSD-3-Clause
#include "pool/create.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "pool/fill.h"
#include "pool/kz.h"
#include "pool/kz_fs.h"
#include "pool/layout.h"
#include "pool/mishap.h"
#include "pool/size_needed.h"
#include "pool/tar_source.h"
#include "pool/tree_source.h"

namespace kld::pool {

namespace {

constexpr kz_limits kLimits = {.cache_bytes = 96ULL << 20, .dirty_bytes = 128ULL << 20};

Error refused(const std::string& what, const char* property, int error) {
    return Error{what + (property == nullptr ? "" : std::string(": property ") + property) + ": " + kz_error(error)};
}

/// Set when all else is done: it starts background work.
bool is_late(const kz_setting& setting) {
    return std::string_view(setting.name) == "autotrim";
}

/// @returns the snapshot that came with the stream, or nothing when there was none
Result<std::string> make_dataset(const Layout& layout, const Streams& streams, std::size_t index) {
    const DatasetLayout& dataset = layout.datasets[index];
    const auto list = plain(dataset.settings);
    const std::string name = layout.full_name(dataset.name);
    const char* bad = nullptr;
    std::string snapshot;
    int error = 0;
    if (streams.has(index)) {
        KLD_TRY(snapshot, streams.receive(index, layout));
        error = kz_dataset_set(name.c_str(), list.data(), list.size(), &bad);
    } else {
        const kz_filesystem how = {dataset.normalization, dataset.utf8only, dataset.casesensitivity};
        error = kz_dataset_create(name.c_str(), &how, list.data(), list.size(), &bad);
    }
    if (error != 0) return fail(refused("cannot make the dataset " + name, bad, error));
    return snapshot;
}

/// Every dataset waits several times until the pool has written a transaction group. Those whose parents are there wait
/// together, and all but the largest stream cost no time of their own.
/// @returns the snapshots that came with streams
Result<std::vector<std::string>> make_datasets(const Layout& layout, const Streams& streams) {
    std::map<std::ptrdiff_t, std::vector<std::size_t>> by_depth;
    for (std::size_t i = 1; i < layout.datasets.size(); ++i) {
        const auto& name = layout.datasets[i].name;
        by_depth[std::count(name.begin(), name.end(), '/')].push_back(i);
    }
    std::vector<Result<std::string>> made(layout.datasets.size());
    for (const auto& [depth, indices] : by_depth) {
        constexpr std::size_t kAtOnce = 8;
        std::atomic<std::size_t> next{0};
        std::vector<std::thread> workers;
        for (std::size_t worker = 0; worker < std::min(kAtOnce, indices.size()); ++worker)
            workers.emplace_back([&, &indices = indices] {
                for (auto at = next++; at < indices.size(); at = next++)
                    made[indices[at]] = make_dataset(layout, streams, indices[at]);
            });
        for (auto& worker : workers) worker.join();
        for (const auto index : indices)
            if (!made[index]) return fail(std::move(made[index].error()));
    }
    std::vector<std::string> snapshots;
    for (auto& snapshot : made)
        if (!snapshot->empty()) snapshots.push_back(std::move(*snapshot));
    return snapshots;
}

Status make_pool(const Layout& layout) {
    std::vector<const char*> features;
    for (const auto& feature : layout.features) features.push_back(feature.c_str());
    auto settings = plain(layout.settings);
    std::erase_if(settings, is_late);
    if (layout.compatibility != "off") settings.push_back({"compatibility", layout.compatibility.c_str(), 0});
    const DatasetLayout& root = layout.datasets.front();
    const auto root_settings = plain(root.settings);
    const kz_new_pool pool = {.name = layout.pool.c_str(),
                              .ashift = layout.ashift,
                              .features = features.data(),
                              .feature_count = features.size(),
                              .settings = settings.data(),
                              .setting_count = settings.size(),
                              .root_settings = root_settings.data(),
                              .root_setting_count = root_settings.size(),
                              .root = {root.normalization, root.utf8only, root.casesensitivity}};
    const char* bad = nullptr;
    if (const int error = kz_pool_create(&pool, &bad))
        return fail(refused("cannot make the pool " + layout.pool, bad, error));
    return {};
}

/// What the pool is filled from, in order; opened before anything is written.
Result<std::vector<std::unique_ptr<Source>>> open_sources(const CreateOptions& options) {
    std::vector<std::unique_ptr<Source>> sources;
    if (!options.tree.empty()) {
        KLD_TRY(sources.emplace_back(), TreeSource::open(options.tree));
    }
    if (!options.tar.empty()) {
        KLD_TRY(sources.emplace_back(), TarSource::open(options.tar));
    }
    for (const auto& overlay : options.overlays) {
        KLD_TRY(sources.emplace_back(), TarSource::open(overlay));
    }
    return sources;
}

/// The error for a pool that is full: what came is known, what would still come is counted.
Error too_small(const Layout& layout, const ImageFile& image, const Filler& filler, ReadAhead& ahead,
                const Error& why) {
    std::uint64_t bytes = 0, entries = 0;
    for (auto item = ahead.next(); item && *item; item = ahead.next()) {
        bytes += (*item)->bytes;
        entries += (*item)->entry != nullptr ? 1 : 0;
    }
    kz_space space{};
    if (kz_pool_space(layout.pool.c_str(), &space) != 0) return why;
    const std::uint64_t needed = size_needed(space.allocated, filler.counts(), bytes, entries);
    return Error{"the pool " + layout.pool + " does not fit into " + std::to_string(image.size()) + " bytes",
                 {why.message},
                 "about " + std::to_string(needed) + " bytes (" + human_bytes(needed) +
                     ") are needed; --size says how many there are"};
}

Status fill(const CreateOptions& options, const std::vector<std::unique_ptr<Source>>& sources, const Streams& streams,
            const Layout& layout, const ImageFile& image, CreateReport& report, Events& events) {
    std::vector<kz_fs*> open(layout.datasets.size(), nullptr);
    std::vector<bool> received(layout.datasets.size(), false);
    for (std::size_t i = 0; i < open.size(); ++i) {
        received[i] = streams.has(i);
        if (!layout.datasets[i].takes_files()) continue;
        const std::string name = layout.full_name(layout.datasets[i].name);
        if (const int error = kz_fs_open(name.c_str(), 1, &open[i]))
            return fail(refused("cannot open " + name, nullptr, error));
    }
    Filler filler(layout, open, received);
    for (const auto& path : options.removals) KLD_CHECK(filler.take_away(entry_path(path)));
    const auto full = [&](ReadAhead& ahead, const Error& why) { return too_small(layout, image, filler, ahead, why); };
    for (const auto& source : sources) KLD_CHECK(fill_from(*source, filler, full, events));
    KLD_CHECK(filler.finish());
    report.entries = filler.counts().entries;
    report.bytes = filler.counts().bytes;
    events.stage("sync");
    if (const int error = kz_sync(layout.pool.c_str())) return fail(refused("cannot write the pool", nullptr, error));
    for (kz_fs* fs : open)
        if (fs != nullptr) kz_fs_close(fs);
    return {};
}

Status seal(const Layout& layout, CreateReport& report) {
    std::vector<std::string> names;
    std::vector<const char*> list;
    for (const auto& snapshot : layout.snapshots)
        names.push_back(snapshot.front() == '@' ? layout.pool + snapshot : layout.full_name(snapshot));
    for (const auto& name : names) list.push_back(name.c_str());
    if (!list.empty())
        if (const int error = kz_snapshot(list.data(), list.size()))
            return fail(refused("cannot take the snapshots", nullptr, error));
    report.snapshots.insert(report.snapshots.end(), names.begin(), names.end());
    auto late = plain(layout.settings);
    std::erase_if(late, [](const kz_setting& setting) { return !is_late(setting); });
    const std::string bootfs = layout.full_name(layout.bootfs);
    if (!layout.bootfs.empty()) late.push_back({"bootfs", bootfs.c_str(), 0});
    for (const auto& setting : late)
        if (const int error = kz_pool_set(layout.pool.c_str(), &setting, 1))
            return fail(refused("cannot finish the pool", setting.name, error));
    kz_space space{};
    if (const int error = kz_pool_space(layout.pool.c_str(), &space))
        return fail(refused("cannot read the pool", nullptr, error));
    report.allocated = space.allocated;
    if (const int error = kz_pool_export(layout.pool.c_str()))
        return fail(refused("cannot export the pool", nullptr, error));
    return {};
}

}  // namespace

Result<CreateReport> create(const CreateOptions& options, Events& events) {
    events.stage("pool");
    KLD_CHECK(start_openzfs(KZ_MAKE, kLimits));
    RealFiles files;
    KLD_TRY(const auto text, files.read(options.layout));
    KLD_TRY(const Layout layout, parse_layout(text, options.layout));
    KLD_TRY(const auto streams, Streams::open(layout, options.streams));
    KLD_TRY(const auto sources, open_sources(options));
    KLD_TRY(ImageFile image, ImageFile::open(options.image));
    KLD_CHECK(use_image(image));

    CreateReport report;
    report.pool = layout.pool;
    report.features_left_out = layout.left_out;
    for (const auto& dataset : layout.datasets) report.datasets.push_back(layout.full_name(dataset.name));
    KLD_CHECK(make_pool(layout));
    if (!options.streams.empty()) events.stage("streams");
    KLD_TRY(report.snapshots, make_datasets(layout, streams));
    events.stage("files");
    KLD_CHECK(fill(options, sources, streams, layout, image, report, events));
    events.stage("finish");
    KLD_CHECK(seal(layout, report));
    if (const int error = kz_image_commit()) return fail(errno_error("cannot write " + options.image.path, error));
    KLD_CHECK(image.keep());
    return report;
}

}  // namespace kld::pool
