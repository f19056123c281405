// SPDX-License-Identifier: BSD-3-Clause
#include "pool/compatibility.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"

namespace kld::pool {

namespace {

Result<std::string> read_one(Files& files, const std::string& name) {
    if (name.starts_with('/')) return files.read(name);
    if (name.empty() || name.find('/') != std::string::npos)
        return fail("compatibility: \"" + name + "\" is no file name", {}, ExitCode::usage);
    for (const char* directory : {"/etc/zfs/compatibility.d/", "/usr/share/zfs/compatibility.d/"})
        if (files.exists(directory + name)) return files.read(directory + name);
    return fail(
        "compatibility: there is no file " + name + " in /etc/zfs/compatibility.d or /usr/share/zfs/compatibility.d",
        "ls /usr/share/zfs/compatibility.d shows the known sets", ExitCode::usage);
}

std::set<std::string> features_of(const std::string& text) {
    std::set<std::string> features;
    for (auto line : lines(text)) {
        std::string plain(line.substr(0, line.find('#')));
        for (char& c : plain)
            if (c == ',' || c == '\r') c = ' ';
        for (const auto& word : words(plain)) features.insert(word);
    }
    return features;
}

}  // namespace

Result<std::vector<std::string>> compatible_features(Files& files, const std::string& value,
                                                     const std::vector<std::string>& all) {
    if (value.empty() || value == "off") return all;
    if (value == "legacy") return std::vector<std::string>{};
    std::set<std::string> common;
    bool first = true;
    for (const auto& name : split(value, ',')) {
        KLD_TRY(const auto text, read_one(files, name));
        auto features = features_of(text);
        if (first) {
            common = std::move(features);
            first = false;
            continue;
        }
        std::set<std::string> both;
        std::set_intersection(common.begin(), common.end(), features.begin(), features.end(),
                              std::inserter(both, both.end()));
        common = std::move(both);
    }
    return std::vector<std::string>(common.begin(), common.end());
}

}  // namespace kld::pool
