// SPDX-License-Identifier: BSD-3-Clause
#include "image/pool_layout.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kld::image {

namespace {

using Json = nlohmann::ordered_json;

struct PoolWish {
    std::string name;
    std::string compression;
    std::string command_line;
    std::string keymap{};  ///< of the boot menu; empty: the kernel's own
};

Json layout_of(const catalog::Distro& distro, const PoolWish& wish) {
    const auto dataset = [](const std::string& name, Json properties) {
        return Json{{"name", name}, {"properties", std::move(properties)}};
    };
    const Json no_mount{{"mountpoint", "none"}, {"canmount", "off"}};
    // Recent files of these two are what a person least wants back; snapshots on schedule leave them out.
    const Json unsnapped{{"com.sun:auto-snapshot", "false"}};

    Json datasets = Json::array();
    Json top{{"mountpoint", "none"},
             {"canmount", "off"},
             {"acltype", "posixacl"},
             {"xattr", "sa"},
             {"dnodesize", "auto"},
             {"relatime", "on"},
             {"compression", wish.compression},
             {"org.kldload:compatibility", distro.compatibility}};
    // Here, where it can be read without a key, and where all boot environments inherit it.
    if (!wish.keymap.empty()) top["org.kldload:keymap"] = wish.keymap;
    datasets.push_back(dataset("", top));
    auto root = no_mount;
    root["org.zfsbootmenu:commandline"] = wish.command_line;
    datasets.push_back(dataset("ROOT", root));
    datasets.push_back(dataset("ROOT/default", {{"mountpoint", "/"}, {"canmount", "noauto"}}));
    datasets.push_back(dataset("home", {{"mountpoint", "/home"}}));
    datasets.push_back(dataset("root", {{"mountpoint", "/root"}}));
    datasets.push_back(dataset("srv", {{"mountpoint", "/srv"}}));
    datasets.push_back(dataset("var", {{"mountpoint", "/var"}, {"canmount", "off"}}));
    auto cache = unsnapped;
    cache["mountpoint"] = "/var/cache";
    datasets.push_back(dataset("var/cache", cache));
    datasets.push_back(dataset("var/log", {{"mountpoint", "/var/log"}}));
    auto tmp = unsnapped;
    tmp["mountpoint"] = "/var/tmp";
    datasets.push_back(dataset("var/tmp", tmp));

    return {{"version", 1},
            {"pool",
             {{"name", wish.name},
              {"ashift", 12},
              {"compatibility", "openzfs-2.1-linux"},
              {"properties", {{"autotrim", "on"}}}}},
            {"datasets", datasets},
            {"bootfs", "ROOT/default"}};
}

}  // namespace

std::string pool_layout_json(const catalog::Distro& distro, const config::Answers& answers) {
    PoolWish wish{answers.pool_name, answers.pool_compression, distro.command_line};
    if (!answers.command_line.empty()) wish.command_line += " " + answers.command_line;
    if (const auto keymap = config::menu_keymap(answers); keymap != "us") wish.keymap = keymap;
    return layout_of(distro, wish).dump(1) + "\n";
}

std::string golden_layout_json(const catalog::Distro& distro, const std::string& compression) {
    auto layout = layout_of(distro, {"golden", compression, distro.command_line});
    layout["snapshot"] = kBaseSnapshot;
    return layout.dump(1) + "\n";
}

std::vector<std::string> datasets_with_files(const std::string& layout) {
    std::vector<std::string> names;
    const auto parsed = Json::parse(layout);
    for (const auto& dataset : parsed.at("datasets")) {
        const auto& properties = dataset.at("properties");
        if (properties.value("mountpoint", "").starts_with('/') && properties.value("canmount", "on") != "off")
            names.push_back(dataset.at("name").get<std::string>());
    }
    return names;
}

}  // namespace kld::image
