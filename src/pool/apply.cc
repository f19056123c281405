// SPDX-License-Identifier: BSD-3-Clause
#include "pool/apply.h"

#include <cerrno>

#include "base/text.h"
#include "pool/fill.h"
#include "pool/tar_source.h"

namespace kld::pool {

namespace {

/// The dataset alone, as what is filled.
Result<Layout> layout_of(const OpenPool& pool, const std::string& name) {
    KLD_TRY(const Properties properties, pool.properties_of(name));
    const auto value = [&properties](const char* property) {
        const auto found = properties.find(property);
        return found == properties.end() ? std::string() : found->second.value;
    };
    if (value("type") != "filesystem") return fail(name + " is no file system but of type " + value("type"));
    Layout layout;
    layout.pool = pool.name();
    DatasetLayout& dataset = layout.datasets.emplace_back();
    if (name != pool.name()) dataset.name = name.substr(pool.name().size() + 1);
    dataset.mountpoint = "/";
    dataset.utf8only = value("utf8only") == "on" ? 1 : 0;
    KLD_TRY(dataset.record_size, parse_number(value("recordsize")));
    dataset.effective = {{"xattr", value("xattr")}, {"acltype", value("acltype")}};
    return layout;
}

Error cannot_begin(const std::string& dataset, int error) {
    Error refused{"cannot change " + dataset, {}, {}, ExitCode::refused};
    const std::string open_once = "open it once on a system with OpenZFS";
    switch (error) {
        case EACCES:
            refused.message += ": it is encrypted";
            break;
        case EBUSY:
            refused.message += ": its intent log holds what was not written yet";
            refused.hint = open_once;
            break;
        case ENOTSUP:
            refused.message += ": it is of an old version";
            refused.hint = "zfs upgrade lifts it";
            break;
        case EEXIST:
            refused.message += ": it has a snapshot kldload-apply, the name of which is needed here";
            break;
        default:
            refused.message += std::string(": ") + kz_error(error);
            refused.code = ExitCode::failed;
    }
    return refused;
}

Error no_room(const std::string& dataset, const Error& why) {
    return Error{"the overlay does not fit into " + dataset,
                 {why.message},
                 "what is replaced or removed is needed until the end; nothing was changed"};
}

Status work(const ApplyOptions& options, const std::vector<std::unique_ptr<Source>>& sources, const Layout& layout,
            kz_fs* copy, ApplyReport& report, Events& events) {
    Filler filler(layout, {copy}, {true});
    const auto full = [&report](ReadAhead&, const Error& why) { return no_room(report.dataset, why); };
    for (const auto& path : options.removals) KLD_CHECK(filler.take_away(entry_path(path)));
    for (const auto& source : sources) KLD_CHECK(fill_from(*source, filler, full, events));
    if (auto status = filler.finish(); !status)
        return fail(filler.is_full() ? no_room(report.dataset, status.error()) : status.error());
    report.entries = filler.counts().entries;
    report.bytes = filler.counts().bytes;
    events.stage("sync");
    if (const int error = kz_sync(layout.pool.c_str()))
        return fail("cannot write " + report.dataset + ": " + kz_error(error));
    return {};
}

}  // namespace

Result<ApplyReport> apply(const OpenPool& pool, const ApplyOptions& options, Events& events) {
    ApplyReport report{pool.full_name(options.dataset)};
    if (report.dataset.find('@') != std::string::npos)
        return fail(report.dataset + " is a snapshot, which cannot be changed", {}, ExitCode::usage);
    KLD_CHECK(pool.require(report.dataset, "cannot change "));
    KLD_TRY(const Layout layout, layout_of(pool, report.dataset));
    std::vector<std::unique_ptr<Source>> sources;
    for (const auto& overlay : options.overlays) {
        KLD_TRY(sources.emplace_back(), TarSource::open(overlay));
    }
    kz_fs* copy = nullptr;
    if (const int error = kz_apply_begin(report.dataset.c_str(), &copy))
        return fail(error == ENOSPC || error == EDQUOT ? no_room(report.dataset, Error{kz_error(error)})
                                                       : cannot_begin(report.dataset, error));
    events.stage("files");
    Status status = work(options, sources, layout, copy, report, events);
    if (status) {
        const int error = kz_apply_end(copy);
        if (error == 0) return report;
        status = fail(no_room(report.dataset, Error{std::string("cannot take the changes over: ") + kz_error(error)}));
    }
    // What cannot be destroyed now is destroyed by who opens the pool next.
    if (const int error = kz_apply_abandon(copy))
        events.warning("what was begun is still in the pool: " + std::string(kz_error(error)));
    return fail(std::move(status).error());
}

}  // namespace kld::pool
