// SPDX-License-Identifier: BSD-3-Clause
#include "boot/dataset.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::boot {

const char* const kBootProperties =
    "mountpoint,canmount,keystatus,keyformat,encryptionroot,org.zfsbootmenu:active,org.zfsbootmenu:kernel,org."
    "zfsbootmenu:commandline,"
    "org.zfsbootmenu:rootprefix,org.kldload:keymap";

const std::string& Dataset::value(const std::string& property) const {
    static const std::string kUnset = "-";
    const auto at = properties.find(property);
    return at == properties.end() ? kUnset : at->second.value;
}

Result<std::vector<Dataset>> parse_datasets(std::string_view output) {
    std::vector<Dataset> datasets;
    for (const auto& line : lines(output)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 4) return fail(fmt::format("zfs get printed a line without four fields: '{}'", line));
        if (datasets.empty() || datasets.back().name != fields[0]) datasets.push_back({fields[0], {}});
        datasets.back().properties[fields[1]] = {fields[2], fields[3]};
    }
    return datasets;
}

const Dataset* find_dataset(const std::vector<Dataset>& datasets, std::string_view name) {
    for (const auto& dataset : datasets)
        if (dataset.name == name) return &dataset;
    return nullptr;
}

std::string pool_of(std::string_view dataset) {
    return std::string(dataset.substr(0, dataset.find('/')));
}

}  // namespace kld::boot
