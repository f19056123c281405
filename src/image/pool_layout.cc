// SPDX-License-Identifier: BSD-3-Clause
#include "image/pool_layout.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kld::image {

std::string pool_layout_json(const catalog::Distro& distro, const config::Answers& answers) {
    using Json = nlohmann::ordered_json;
    const auto dataset = [](const std::string& name, Json properties) {
        return Json{{"name", name}, {"properties", std::move(properties)}};
    };
    const Json no_mount{{"mountpoint", "none"}, {"canmount", "off"}};
    // Recent files of these two are what a person least wants back; snapshots on schedule leave them out.
    const Json unsnapped{{"com.sun:auto-snapshot", "false"}};
    auto command_line = distro.command_line;
    if (!answers.command_line.empty()) command_line += " " + answers.command_line;

    Json datasets = Json::array();
    datasets.push_back(dataset("", {{"mountpoint", "none"},
                                    {"canmount", "off"},
                                    {"acltype", "posixacl"},
                                    {"xattr", "sa"},
                                    {"dnodesize", "auto"},
                                    {"relatime", "on"},
                                    {"compression", answers.pool_compression},
                                    {"org.kldload:compatibility", distro.compatibility}}));
    auto root = no_mount;
    root["org.zfsbootmenu:commandline"] = command_line;
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

    const Json layout{{"version", 1},
                      {"pool",
                       {{"name", answers.pool_name},
                        {"ashift", 12},
                        {"compatibility", "openzfs-2.1-linux"},
                        {"properties", {{"autotrim", "on"}}}}},
                      {"datasets", datasets},
                      {"snapshot", "base"},
                      {"bootfs", "ROOT/default"}};
    return layout.dump(1) + "\n";
}

}  // namespace kld::image
