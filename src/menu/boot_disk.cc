// SPDX-License-Identifier: BSD-3-Clause
#include "menu/boot_disk.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <algorithm>
#include <cctype>

#include "base/files.h"
#include "base/text.h"
#include "menu/devices.h"
#include "menu/gpt.h"

namespace kld::menu {

std::string efi_variable_text(std::string_view bytes) {
    constexpr std::size_t kAttributes = 4;
    std::string text;
    for (auto at = kAttributes; at + 1 < bytes.size() && bytes[at] != '\0'; at += 2)
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(bytes[at])));
    return text;
}

std::string boot_partition() {
    constexpr const char* kVariables = "/sys/firmware/efi/efivars";
    ::mount("efivarfs", kVariables, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    const auto variable =
        RealFiles().read(std::string(kVariables) + "/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
    return variable ? efi_variable_text(*variable) : std::string();
}

std::string disk_with_partition(const std::string& guid) {
    RealFiles files;
    const auto names = files.list("/sys/class/block");
    if (guid.empty() || !names) return {};
    for (const auto& name : *names) {
        if (!may_hold_pool(name) || files.exists("/sys/class/block/" + name + "/partition")) continue;
        const auto disk = Fd::open("/dev/" + replace_all(name, "!", "/"), O_RDONLY | O_NONBLOCK);
        if (disk && partition_guids(*disk).contains(guid)) return name;
    }
    return {};
}

bool lies_on(const std::vector<std::string>& devices, const std::string& disk) {
    if (disk.empty()) return false;
    RealFiles files;
    return std::any_of(devices.begin(), devices.end(), [&](const std::string& device) {
        const auto name = replace_all(device.substr(std::string("/dev/").size()), "/", "!");
        return name == disk || files.exists("/sys/class/block/" + disk + "/" + name);
    });
}

}  // namespace kld::menu
