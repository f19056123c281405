// SPDX-License-Identifier: BSD-3-Clause
#include "image/network.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::image {
namespace {

bool is_ipv6(const std::string& address) {
    return address.find(':') != std::string::npos;
}

std::string static_lines(const config::Answers& answers) {
    auto text = fmt::format("    address {}\n", answers.network_address);
    if (!answers.network_gateway.empty()) text += fmt::format("    gateway {}\n", answers.network_gateway);
    if (!answers.network_dns.empty()) text += fmt::format("    dns-nameservers {}\n", join(answers.network_dns, " "));
    return text;
}

}  // namespace

std::vector<NetworkFile> ifupdown(const config::Answers& answers, bool seeded) {
    const bool fixed = answers.network_method == "static";
    const auto* family = fixed && is_ipv6(answers.network_address) ? "inet6" : "inet";
    const std::string head = "# interfaces(5)\nsource /etc/network/interfaces.d/*\n";
    std::string text = "\nauto lo\niface lo inet loopback\n\n";
    if (answers.network_interface.empty()) {
        // A pattern maps every interface that matches onto one logical name: the kernel's names are not known before
        // first boot.
        text += "auto /en*=wired /eth*=wired\nallow-hotplug /en*=wired /eth*=wired\n";
        text += fmt::format("iface wired {} {}\n", family, fixed ? "static" : "dhcp");
    } else {
        text +=
            fmt::format("auto {0}\niface {0} {1} {2}\n", answers.network_interface, family, fixed ? "static" : "dhcp");
    }
    if (fixed) text += static_lines(answers);
    if (!seeded) return {{"etc/network/interfaces", head + text}};
    return {{"etc/network/interfaces", head}, {"etc/network/interfaces.d/50-cloud-init", text}};
}

NetworkFile network_manager(const config::Answers& answers) {
    const bool fixed = answers.network_method == "static";
    if (!fixed && answers.network_interface.empty()) return {};
    std::string text = "[connection]\nid=wired\ntype=ethernet\nautoconnect-priority=10\n";
    if (!answers.network_interface.empty()) text += fmt::format("interface-name={}\n", answers.network_interface);
    const bool six = is_ipv6(answers.network_address);
    std::string dns[2];
    for (const auto& server : answers.network_dns) dns[is_ipv6(server) ? 1 : 0] += server + ";";
    for (const bool v6 : {false, true}) {
        text += v6 ? "\n[ipv6]\n" : "\n[ipv4]\n";
        text += fmt::format("method={}\n", fixed && six == v6 ? "manual" : "auto");
        if (fixed && six == v6) {
            text += "address1=" + answers.network_address;
            text += answers.network_gateway.empty() ? "\n" : "," + answers.network_gateway + "\n";
        }
        if (fixed && !dns[v6 ? 1 : 0].empty()) text += fmt::format("dns={}\n", dns[v6 ? 1 : 0]);
    }
    // NetworkManager refuses a keyfile that others may read.
    return {"etc/NetworkManager/system-connections/wired.nmconnection", text, 0600};
}

bool is_decided(const config::Answers& answers) {
    return answers.network_method == "static" || !answers.network_interface.empty();
}

}  // namespace kld::image
