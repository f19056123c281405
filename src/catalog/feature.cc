// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <map>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/entries.h"
#include "catalog/toml_reader.h"
#include "digest/sha256.h"

namespace kld::catalog {
namespace {

ByDistro read_table(TomlReader& reader, const std::string& key) {
    ByDistro table;
    for (const auto& name : reader.keys(key)) table[name] = reader.list(key + "." + name);
    return table;
}

const std::vector<std::string>* find_in(const ByDistro& table, const Distro& distro) {
    for (const auto& name : {distro.id, distro.family})
        if (const auto at = table.find(name); at != table.end()) return &at->second;
    return nullptr;
}

/// Appends what is not there yet.
void merge(std::vector<std::string>& all, const std::vector<std::string>& more) {
    for (const auto& item : more)
        if (!contains(all, item)) all.push_back(item);
}

void merge(std::vector<std::string>& all, const std::vector<std::string>* more) {
    if (more != nullptr) merge(all, *more);
}

}  // namespace

Result<Feature> parse_feature(const std::string& text, const std::string& path) {
    KLD_TRY(auto reader, TomlReader::parse(text, path));
    Feature feature;
    feature.id = reader.text("id");
    feature.description = reader.text("description");
    feature.login = reader.flag("login");
    feature.files = reader.flag("files");
    feature.program = reader.text("program");
    feature.needs = reader.list("needs");
    feature.initramfs = reader.list("initramfs");
    feature.packages = read_table(reader, "packages");
    feature.components = read_table(reader, "components");
    feature.services = read_table(reader, "services");
    KLD_CHECK(reader.finish());
    if (feature.packages.empty())
        return fail(path + ": no packages", "name them by distribution or family: packages.apt = […]", ExitCode::usage);
    feature.digest = sha256_hex(text);
    return feature;
}

bool is_shipped(const Feature& feature) {
    return feature.files || !feature.program.empty();
}

Result<Feature> find_feature(Files& files, const std::string& directory, const std::string& id) {
    KLD_TRY(const auto text, read_entry(files, directory + "/features", "feature", id));
    return parse_feature(text, fmt::format("{}/features/{}.toml", directory, id));
}

Result<std::vector<std::string>> feature_ids(Files& files, const std::string& directory) {
    return known_ids(files, directory + "/features");
}

namespace {

/// By name: those asked for, what they need, and so on.
Result<std::map<std::string, Feature>> with_needed(Files& files, const std::string& directory,
                                                   std::vector<std::string> ids) {
    std::map<std::string, Feature> all;
    while (!ids.empty()) {
        const auto id = std::move(ids.back());
        ids.pop_back();
        if (all.contains(id)) continue;
        KLD_TRY(auto feature, find_feature(files, directory, id));
        ids.insert(ids.end(), feature.needs.begin(), feature.needs.end());
        all.emplace(id, std::move(feature));
    }
    return all;
}

}  // namespace

Result<FeatureSet> find_features(Files& files, const std::string& directory, const std::vector<std::string>& ids,
                                 const Distro& distro) {
    FeatureSet set;
    std::vector<std::string> digests;
    KLD_TRY(const auto all, with_needed(files, directory, ids));
    for (const auto& [id, feature] : all) {
        const auto* packages = find_in(feature.packages, distro);
        if (packages == nullptr)
            return fail(
                fmt::format("the feature {} is not offered with {}", id, distro.name),
                fmt::format("name its packages for {} or {} in catalog/features/{}.toml", distro.id, distro.family, id),
                ExitCode::usage);
        set.ids.push_back(id);
        set.login = set.login || feature.login;
        if (is_shipped(feature)) set.shipped.push_back(id);
        merge(set.packages, packages);
        merge(set.initramfs, feature.initramfs);
        merge(set.components, find_in(feature.components, distro));
        merge(set.services, find_in(feature.services, distro));
        digests.push_back(feature.digest);
    }
    std::erase_if(set.components, [&](const std::string& name) { return contains(distro.components, name); });
    if (!digests.empty()) set.digest = sha256_hex(join(digests, "\n"));
    return set;
}

Distro with_components(Distro distro, const FeatureSet& features) {
    merge(distro.components, features.components);
    return distro;
}

}  // namespace kld::catalog
