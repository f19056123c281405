// SPDX-License-Identifier: BSD-3-Clause
#include "pool/layout.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "pool/compatibility.h"
#include "pool/kz.h"

namespace kld::pool {

namespace {

using nlohmann::json;

tl::unexpected<Error> bad(const std::string& what) {
    return fail(what, "docs/pool.md has the form of the file", ExitCode::usage);
}

Status only(const json& object, const std::set<std::string>& known, const std::string& where) {
    if (!object.is_object()) return bad(where + " must be an object");
    for (const auto& [key, value] : object.items())
        if (!known.contains(key)) return bad(where + ": unknown field \"" + key + "\"");
    return {};
}

Result<std::string> text_of(const json& object, const char* key, const std::string& where,
                            const std::string& otherwise = {}) {
    if (!object.contains(key)) return otherwise;
    if (!object.at(key).is_string()) return bad(where + ": \"" + key + "\" must be a string");
    return object.at(key).get<std::string>();
}

Result<std::vector<std::pair<std::string, std::string>>> properties_of(const json& object, const std::string& where) {
    std::vector<std::pair<std::string, std::string>> properties;
    if (!object.contains("properties")) return properties;
    if (!object.at("properties").is_object()) return bad(where + ": \"properties\" must be an object");
    for (const auto& [name, value] : object.at("properties").items()) {
        if (!value.is_string()) return bad(where + ": property " + name + " must be a string");
        properties.emplace_back(name, value.get<std::string>());
    }
    return properties;
}

/// The rules of OpenZFS for one component of a dataset's name.
bool is_component(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.' || c == ':' || c == ' ';
    });
}

bool is_dataset(const std::string& name) {
    std::string_view rest = name;
    while (true) {
        const auto slash = rest.find('/');
        if (!is_component(rest.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return name.size() < 200;
        rest.remove_prefix(slash + 1);
    }
}

Status check_pool_name(const std::string& name) {
    const bool letter = !name.empty() && ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
    const bool reserved =
        name == "mirror" || name.starts_with("raidz") || name.starts_with("draid") || name == "spare" || name == "log";
    if (!letter || reserved || !is_component(name) || name.size() >= 200)
        return bad("pool: \"" + name + "\" cannot be a pool's name");
    return {};
}

Status parse_pool(const json& object, Layout& layout) {
    KLD_CHECK(only(object, {"name", "ashift", "compatibility", "properties"}, "pool"));
    KLD_TRY(layout.pool, text_of(object, "name", "pool"));
    KLD_CHECK(check_pool_name(layout.pool));
    if (object.contains("ashift")) {
        if (!object.at("ashift").is_number_unsigned() || object.at("ashift") < 9 || object.at("ashift") > 16)
            return bad("pool: \"ashift\" must be a number from 9 to 16");
        layout.ashift = object.at("ashift").get<unsigned>();
    }
    KLD_TRY(layout.compatibility, text_of(object, "compatibility", "pool", "off"));
    RealFiles files;
    std::vector<std::string> all;
    for (std::size_t i = 0; kz_feature_name(i) != nullptr; ++i) all.emplace_back(kz_feature_name(i));
    KLD_TRY(const auto wanted, compatible_features(files, layout.compatibility, all));
    for (const auto& feature : wanted)
        (kz_feature_known(feature.c_str()) != 0 ? layout.features : layout.left_out).push_back(feature);
    KLD_TRY(const auto properties, properties_of(object, "pool"));
    for (const auto& [name, value] : properties) {
        auto setting = pool_setting(name, value);
        if (!setting) return fail(std::move(setting).error().within("pool"));
        layout.settings.push_back(std::move(*setting));
    }
    return {};
}

bool contains(const std::vector<std::string>& list, const std::string& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

const DatasetLayout* find(const Layout& layout, const std::string& name) {
    const auto found = std::find_if(layout.datasets.begin(), layout.datasets.end(),
                                    [&name](const DatasetLayout& d) { return d.name == name; });
    return found == layout.datasets.end() ? nullptr : &*found;
}

/// What a dataset has from its parent before its own properties count.
Status inherit(const Layout& layout, DatasetLayout& dataset) {
    if (dataset.name.empty()) {
        dataset.mountpoint = "/" + layout.pool;
        return {};
    }
    const auto slash = dataset.name.rfind('/');
    const std::string parent_name = slash == std::string::npos ? "" : dataset.name.substr(0, slash);
    const DatasetLayout* parent = find(layout, parent_name);
    if (parent == nullptr) return bad("dataset " + dataset.name + ": list its parent " + parent_name + " before it");
    const std::string last = slash == std::string::npos ? dataset.name : dataset.name.substr(slash + 1);
    dataset.mountpoint = parent->mountpoint;
    if (parent->mountpoint.starts_with('/'))
        dataset.mountpoint = (parent->mountpoint == "/" ? "" : parent->mountpoint) + "/" + last;
    dataset.normalization = parent->normalization;
    dataset.utf8only = parent->utf8only;
    dataset.casesensitivity = parent->casesensitivity;
    dataset.record_size = parent->record_size;
    dataset.effective = parent->effective;
    return {};
}

void apply(const Setting& setting, const std::string& value, DatasetLayout& dataset) {
    if (setting.name == "mountpoint") dataset.mountpoint = value;
    if (setting.name == "canmount") dataset.mounts = value != "off";
    if (setting.name == "recordsize") dataset.record_size = setting.number;
    if (setting.name == "normalization") dataset.normalization = setting.number;
    if (setting.name == "utf8only") dataset.utf8only = setting.number;
    if (setting.name == "casesensitivity") dataset.casesensitivity = setting.number;
    if (setting.name == "xattr" || setting.name == "acltype") dataset.effective[setting.name] = value;
}

Status parse_dataset(const json& object, Layout& layout) {
    KLD_CHECK(only(object, {"name", "properties"}, "datasets"));
    DatasetLayout dataset;
    if (!object.contains("name")) return bad("datasets: an entry has no \"name\"");
    KLD_TRY(dataset.name, text_of(object, "name", "datasets"));
    const std::string where = "dataset " + layout.full_name(dataset.name);
    if (!dataset.name.empty() && !is_dataset(dataset.name)) return bad(where + ": no valid name");
    if (find(layout, dataset.name) != nullptr) return bad(where + " is listed twice");
    KLD_CHECK(inherit(layout, dataset));
    KLD_TRY(const auto properties, properties_of(object, where));
    for (const auto& [name, value] : properties) {
        auto setting = dataset_setting(name, value);
        if (!setting) return fail(std::move(setting).error().within(where));
        const std::string feature = feature_of(*setting, value);
        if (!feature.empty() && !contains(layout.features, feature))
            return bad(where + ": " + name + "=" + value + " needs the feature " + feature +
                       ", which the compatibility set lacks");
        apply(*setting, value, dataset);
        dataset.settings.push_back(std::move(*setting));
    }
    // As zfs(8) has it: names can be normalised only when they are UTF-8.
    if (dataset.normalization != 0) dataset.utf8only = 1;
    layout.datasets.push_back(std::move(dataset));
    return {};
}

Status check_mountpoints(const Layout& layout) {
    std::set<std::string> taken;
    for (const auto& dataset : layout.datasets)
        if (dataset.takes_files() && !taken.insert(dataset.mountpoint).second)
            return bad("dataset " + dataset.name + ": another dataset has the mountpoint " + dataset.mountpoint +
                       " too");
    if (!taken.contains("/")) return bad("datasets: none has the mountpoint / (and canmount other than off)");
    return {};
}

/// OpenZFS takes one snapshot of a dataset at a time.
Status add_snapshot(const std::string& snapshot, Layout& layout) {
    const std::string dataset = snapshot.substr(0, snapshot.find('@'));
    for (const auto& other : layout.snapshots) {
        if (other == snapshot) return {};
        if (other.substr(0, other.find('@')) == dataset)
            return bad("snapshot: " + other + " and " + snapshot + " are of one dataset, which can have one only");
    }
    layout.snapshots.push_back(snapshot);
    return {};
}

/// "base" stands for every dataset that takes files; else a list of "dataset@name".
Status parse_snapshots(const json& value, Layout& layout) {
    std::vector<std::string> wanted;
    if (value.is_string()) wanted.push_back(value.get<std::string>());
    if (value.is_array())
        for (const auto& one : value) wanted.push_back(one.is_string() ? one.get<std::string>() : "");
    if (wanted.empty()) return bad("\"snapshot\" must be a name or a list of dataset@name");
    for (const auto& one : wanted) {
        const auto at = one.find('@');
        if (!is_component(at == std::string::npos ? one : one.substr(at + 1)))
            return bad("snapshot: \"" + one + "\" is no valid name");
        if (at != std::string::npos) {
            if (find(layout, one.substr(0, at)) == nullptr)
                return bad("snapshot: there is no dataset " + one.substr(0, at));
            KLD_CHECK(add_snapshot(one, layout));
            continue;
        }
        for (const auto& dataset : layout.datasets)
            if (dataset.takes_files()) KLD_CHECK(add_snapshot(dataset.name + "@" + one, layout));
    }
    return {};
}

}  // namespace

Result<Layout> parse_layout(const std::string& text, const std::string& shown) {
    const json root = json::parse(text, nullptr, false);
    if (root.is_discarded()) return fail(shown + ": not JSON", {}, ExitCode::usage);
    Layout layout;
    const auto parse = [&]() -> Status {
        KLD_CHECK(only(root, {"version", "pool", "datasets", "snapshot", "bootfs"}, "the layout"));
        if (!root.contains("version") || root.at("version") != 1) return bad("\"version\" must be 1");
        if (!root.contains("pool")) return bad("\"pool\" is missing");
        KLD_CHECK(parse_pool(root.at("pool"), layout));
        if (!root.contains("datasets") || !root.at("datasets").is_array()) return bad("\"datasets\" must be a list");
        const auto& list = root.at("datasets");
        const bool has_root = std::any_of(list.begin(), list.end(), [](const json& d) {
            return d.is_object() && d.contains("name") && d.at("name") == "";
        });
        if (!has_root)
            KLD_CHECK(parse_dataset(json{{"name", ""}, {"properties", {{"mountpoint", "none"}, {"canmount", "off"}}}},
                                    layout));
        for (const auto& dataset : list) KLD_CHECK(parse_dataset(dataset, layout));
        KLD_CHECK(check_mountpoints(layout));
        if (root.contains("snapshot")) KLD_CHECK(parse_snapshots(root.at("snapshot"), layout));
        KLD_TRY(layout.bootfs, text_of(root, "bootfs", "the layout"));
        if (!layout.bootfs.empty() && find(layout, layout.bootfs) == nullptr)
            return bad("bootfs: there is no dataset " + layout.bootfs);
        return {};
    };
    if (auto status = parse(); !status) return fail(std::move(status).error().within(shown));
    return layout;
}

}  // namespace kld::pool
