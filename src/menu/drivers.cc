// SPDX-License-Identifier: BSD-3-Clause
#include "menu/drivers.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "menu/log.h"

namespace kld::menu {

DeviceEvent parse_device_event(std::string_view message) {
    DeviceEvent event;
    for (const auto& item : split(message, '\0')) {
        const auto equals = item.find('=');
        if (equals == std::string::npos) continue;
        const auto name = item.substr(0, equals);
        if (name == "ACTION") event.action = item.substr(equals + 1);
        if (name == "SUBSYSTEM") event.subsystem = item.substr(equals + 1);
        if (name == "MODALIAS") event.modalias = item.substr(equals + 1);
    }
    return event;
}

Status Drivers::listen() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
    if (!socket.valid()) return fail(errno_error("cannot listen for devices", errno));
    const int room = 4 << 20;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = 1;  // events of the kernel itself
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail(errno_error("cannot listen for devices", errno));
    socket_ = std::move(socket);
    return {};
}

void Drivers::modprobe(std::vector<std::string> names) {
    Command command{{"modprobe", "-a", "-q", "-b", "--"}};
    command.argv.insert(command.argv.end(), names.begin(), names.end());
    command.timeout = std::chrono::seconds(60);
    command.accept = [](int) { return true; };
    const auto done = runner_.run(command);
    log_line(fmt::format("modprobe of {} names, first {}{}{}", names.size(), names[0], done ? "" : ": ",
                         done ? "" : done.error().message));
    if (!done) late_.push_back(std::move(names));
}

void Drivers::load(const std::vector<std::string>& names) {
    constexpr std::size_t kAtOnce = 500;
    for (std::size_t at = 0; at < names.size(); at += kAtOnce) {
        const auto begin = names.begin() + static_cast<std::ptrdiff_t>(at);
        modprobe({begin, begin + static_cast<std::ptrdiff_t>(std::min(kAtOnce, names.size() - at))});
    }
}

bool Drivers::retry() {
    if (late_.empty()) return false;
    const auto names = std::move(late_.front());
    late_.pop_front();
    const auto middle = names.begin() + static_cast<std::ptrdiff_t>((names.size() + 1) / 2);
    modprobe({names.begin(), middle});
    if (middle != names.end()) modprobe({middle, names.end()});
    return true;
}

void Drivers::load_for_present_devices(std::vector<std::string> aliases) {
    RealFiles files;
    std::error_code error;
    namespace fs = std::filesystem;
    fs::recursive_directory_iterator entries("/sys/devices", fs::directory_options::skip_permission_denied, error);
    for (const fs::recursive_directory_iterator end; !error && entries != end; entries.increment(error)) {
        if (entries->path().filename() != "modalias") continue;
        const auto text = files.read(entries->path());
        if (!text) continue;
        std::string alias(trim(*text));
        if (!alias.empty() && known_.insert(alias).second) aliases.push_back(std::move(alias));
    }
    load(aliases);
}

bool Drivers::drain(std::vector<std::string>& aliases) {
    bool block = false;
    std::array<char, 65536> buffer{};
    for (;;) {
        const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count <= 0) return block;
        const auto event = parse_device_event({buffer.data(), static_cast<std::size_t>(count)});
        block = block || event.subsystem == "block";
        if (event.action == "add" && !event.modalias.empty() && known_.insert(event.modalias).second)
            aliases.push_back(event.modalias);
    }
}

bool Drivers::settle(std::chrono::milliseconds quiet, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool block = false;
    while (std::chrono::steady_clock::now() < deadline) {
        pollfd wait{socket_.get(), POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(quiet.count())) <= 0) return block;
        std::vector<std::string> aliases;
        block = drain(aliases) || block;
        load(aliases);
    }
    return block;
}

}  // namespace kld::menu
