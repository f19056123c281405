// SPDX-License-Identifier: BSD-3-Clause
#include "menu/keyboard.h"

#include <fmt/core.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "menu/log.h"

namespace kld::menu {
namespace {

std::string path_of(const std::string& file) {
    return fmt::format("/{}/{}", boot::kKeymapDirectory, file);
}

}  // namespace

Keyboard::Keyboard(Files& files, Load load) : files_(files), load_(std::move(load)) {
    if (const auto list = files_.read(path_of(boot::kKeymapList))) names_ = boot::parse_keymap_list(*list);
}

Status Keyboard::configure(const std::string& name) {
    configured_ = name;
    auto done = use(name);
    if (!done) return fail(std::move(done.error()).within(boot::kKeymapProperty));
    return {};
}

Status Keyboard::choose(const std::string& name) {
    chosen_ = true;
    return use(name);
}

Status Keyboard::use(const std::string& name) {
    const auto done = [&]() -> Status {
        if (std::none_of(names_.begin(), names_.end(), [&](const auto& known) { return known.name == name; }))
            return fail(fmt::format("no keyboard layout '{}'; Tab lists all", name));
        KLD_TRY(const auto bytes, files_.read(path_of(name + boot::kKeymapSuffix)));
        KLD_TRY(const auto keymap, boot::parse_keymap(bytes));
        return load_(keymap);
    }();
    log_line("keyboard layout " + name + (done ? "" : ": " + done.error().message));
    if (done) current_ = name;
    return done;
}

Status set_keymap(int fd, const boot::Keymap& keymap) {
    const auto set = [&](std::uint8_t table, std::uint8_t key, std::uint16_t value) {
        kbentry entry{table, key, value};
        return ::ioctl(fd, KDSKBENT, &entry) == 0;
    };
    for (unsigned table = 0; table < MAX_NR_KEYMAPS; ++table) {
        const auto at = keymap.tables.find(static_cast<std::uint8_t>(table));
        if (at == keymap.tables.end()) {
            set(static_cast<std::uint8_t>(table), 0, K_NOSUCHMAP);
            continue;
        }
        for (std::uint8_t key = 1; key < boot::Keymap::kKeys; ++key)
            // A value that this kernel does not know leaves one key as it was; all else concerns every key.
            if (!set(at->first, key, at->second[key]) && errno != EINVAL)
                return fail(errno_error("the kernel takes no keyboard layout", errno));
    }
    return {};
}

}  // namespace kld::menu
