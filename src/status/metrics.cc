// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <type_traits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "status/screen.h"
#include "status/verdict.h"

namespace kld::status {
namespace {

using Labels = std::vector<std::pair<const char*, std::string>>;

std::string escaped(const std::string& text) {
    return replace_all(replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\""), "\n", "\\n");
}

/// A family of samples: told once what it is, and left out as a whole when it has none.
class Family {
public:
    Family(std::string& out, const char* name, const char* type, const char* help)
        : out_(out), name_(name), type_(type), help_(help) {}
    ~Family() {
        if (!samples_.empty())
            out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name_, help_, name_, type_, samples_);
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;

    template <typename Number>
    void add(const Labels& labels, Number value) {
        std::vector<std::string> pairs;
        for (const auto& [name, text] : labels) pairs.push_back(fmt::format("{}=\"{}\"", name, escaped(text)));
        samples_ += name_;
        if (!pairs.empty()) samples_ += "{" + join(pairs, ",") + "}";
        if constexpr (std::is_floating_point_v<Number>)
            samples_ += fmt::format(" {:.6g}\n", value);  // 0.236, and not 0.23600000000000002
        else
            samples_ += fmt::format(" {}\n", value);
    }

private:
    std::string& out_;
    const char *name_, *type_, *help_;
    std::string samples_;
};

void add_health(const std::vector<Pool>& pools, std::string& out) {
    {
        Family family(out, "kldload_pool_health", "gauge", "1 for the state that the pool is in, 0 for the others.");
        for (const auto& pool : pools) {
            if (!pool.health) continue;
            for (const auto* state : {"ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "REMOVED", "UNAVAIL", "SUSPENDED"})
                family.add({{"pool", pool.name}, {"state", lower_case(state)}}, pool.health->state == state ? 1 : 0);
        }
    }
    {
        Family family(out, "kldload_pool_device_errors_total", "counter",
                      "Errors of the pool's devices since they were cleared.");
        for (const auto& pool : pools) {
            if (!pool.health) continue;
            family.add({{"pool", pool.name}, {"type", "read"}}, pool.health->errors.read);
            family.add({{"pool", pool.name}, {"type", "write"}}, pool.health->errors.write);
            family.add({{"pool", pool.name}, {"type", "checksum"}}, pool.health->errors.checksum);
        }
    }
    {
        Family family(out, "kldload_pool_data_errors", "gauge", "Files and metadata that could not be repaired.");
        for (const auto& pool : pools)
            if (pool.health && pool.health->data_errors) family.add({{"pool", pool.name}}, *pool.health->data_errors);
    }
}

void add_scans(const std::vector<Pool>& pools, std::string& out) {
    Family running(out, "kldload_pool_scan_running", "gauge", "1 while a scrub or resilver runs.");
    Family progress(out, "kldload_pool_scan_progress_ratio", "gauge", "Part of a running scrub or resilver done.");
    Family ended(out, "kldload_pool_scan_end_timestamp_seconds", "gauge",
                 "When the last scrub or resilver ended, if it did.");
    Family errors(out, "kldload_pool_scan_errors", "gauge", "Errors that the last scrub or resilver found.");
    for (const auto& pool : pools) {
        if (!pool.health) continue;
        const auto& scan = pool.health->scan;
        const Labels labels{{"pool", pool.name}, {"kind", scan ? scan->kind : "scrub"}};
        running.add(labels, scan && scan->state == "running" ? 1 : 0);
        if (!scan) continue;
        if (scan->percent) progress.add(labels, *scan->percent / 100.0);
        if (scan->state == "finished") ended.add(labels, scan->time);
        if (scan->errors) errors.add(labels, *scan->errors);
    }
}

void add_space(const std::vector<Pool>& pools, std::string& out) {
    Family size(out, "kldload_pool_size_bytes", "gauge", "Size of the pool.");
    Family allocated(out, "kldload_pool_allocated_bytes", "gauge", "Space of the pool in use.");
    Family free(out, "kldload_pool_free_bytes", "gauge", "Space of the pool not in use.");
    Family fragmentation(out, "kldload_pool_fragmentation_ratio", "gauge", "Fragmentation of the free space.");
    Family readonly(out, "kldload_pool_readonly", "gauge", "1 when the pool is imported read-only.");
    Family compression(out, "kldload_pool_compression_ratio", "gauge", "Bytes before compression by bytes after.");
    Family count(out, "kldload_pool_snapshots", "gauge", "Snapshots in the pool.");
    Family held(out, "kldload_pool_snapshots_bytes", "gauge", "Space that only snapshots hold.");
    Family newest(out, "kldload_pool_newest_snapshot_timestamp_seconds", "gauge", "When the newest snapshot was made.");
    for (const auto& pool : pools) {
        const Labels labels{{"pool", pool.name}};
        if (pool.space) {
            size.add(labels, pool.space->size);
            allocated.add(labels, pool.space->allocated);
            free.add(labels, pool.space->free);
            readonly.add(labels, pool.space->readonly ? 1 : 0);
            if (pool.space->fragmentation)
                fragmentation.add(labels, static_cast<double>(*pool.space->fragmentation) / 100.0);
        }
        if (pool.compression) compression.add(labels, *pool.compression);
        if (pool.held_by_snapshots) held.add(labels, *pool.held_by_snapshots);
        if (!pool.snapshots) continue;
        count.add(labels, pool.snapshots->count);
        if (pool.snapshots->created) newest.add(labels, *pool.snapshots->created);
    }
}

template <typename Number>
void add_one(std::string& out, const char* name, const char* type, const char* help, Number value) {
    Family(out, name, type, help).add({}, value);
}

}  // namespace

std::string to_metrics(const State& state) {
    std::string out;
    const auto judged = verdict(state);
    add_one(out, "kldload_status", "gauge", "0 all is well, 1 something is wrong, 4 something could not be told.",
            static_cast<int>(judged.exit_code()));
    if (state.pools) {
        add_health(*state.pools, out);
        add_scans(*state.pools, out);
        add_space(*state.pools, out);
    }
    if (state.boot) {
        if (state.boot->environments)
            add_one(out, "kldload_boot_environments", "gauge", "Boot environments.", *state.boot->environments);
        Family(out, "kldload_boot_environment_info", "gauge", "Which one runs and which one boots next.")
            .add({{"running", state.boot->running}, {"next", boots_next(*state.boot)}}, 1);
        if (state.boot->trial)
            Family(out, "kldload_trial_tries_left", "gauge", "Boots that an environment on trial may still have.")
                .add({{"dataset", state.boot->trial->dataset}}, state.boot->trial->left);
    }
    add_one(out, "kldload_reboot_pending", "gauge", "1 when a reboot would change something.",
            reboot_reasons(state).empty() ? 0 : 1);
    if (state.failed_services)
        add_one(out, "kldload_failed_services", "gauge", "Units that systemd says failed.",
                state.failed_services->size());
    if (state.arc) {
        add_one(out, "kldload_arc_size_bytes", "gauge", "Memory that the ARC holds.", state.arc->size);
        add_one(out, "kldload_arc_limit_bytes", "gauge", "Memory that the ARC may hold.", state.arc->limit);
        add_one(out, "kldload_arc_hits_total", "counter", "Reads that the ARC answered.", state.arc->hits);
        add_one(out, "kldload_arc_misses_total", "counter", "Reads that went to a disk.", state.arc->misses);
    }
    if (state.transactions && !state.transactions->empty())
        Family(out, "kldload_last_transaction_timestamp_seconds", "gauge", "When kpkg last changed the system.")
            .add({{"result", state.transactions->front().result}}, state.transactions->front().time);
    if (state.check) {
        Family family(out, "kldload_boot_chain_results", "gauge", "Rows of the boot chain check by what they say.");
        using check::Status;
        for (const auto status : {Status::pass, Status::warn, Status::fail, Status::unknown, Status::not_applicable})
            family.add({{"status", check::name_of(status)}}, state.check->count(status));
    }
    return out;
}

}  // namespace kld::status
