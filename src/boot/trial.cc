// SPDX-License-Identifier: BSD-3-Clause
#include "boot/trial.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::boot {
namespace {

constexpr std::string_view kMagic = "kldload-trial 1\n";

/// CRC-32 as zlib and Ethernet have it: the menu is a static program without either.
std::uint32_t checksum(std::string_view bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

}  // namespace

std::string to_slot(const Trial& trial) {
    auto text =
        fmt::format("{}sequence={}\npool={}\ndataset={}\nleft={}\nallowed={}\nonce={}\n", kMagic, trial.sequence,
                    trial.pool_guid, trial.dataset, trial.left, trial.allowed, trial.once ? 1 : 0);
    text += fmt::format("checksum={:08x}\n", checksum(text));
    text.resize(kSlotBytes, '\0');
    return text;
}

std::optional<Trial> parse_slot(std::string_view bytes) {
    if (bytes.size() != kSlotBytes || !bytes.starts_with(kMagic)) return std::nullopt;
    const auto end = bytes.find("checksum=");
    if (end == std::string_view::npos ||
        bytes.substr(end, 17) != fmt::format("checksum={:08x}", checksum(bytes.substr(0, end))))
        return std::nullopt;
    Trial trial;
    for (const auto& line : lines(bytes.substr(kMagic.size(), end - kMagic.size()))) {
        const auto equals = line.find('=');
        if (equals == std::string::npos) return std::nullopt;
        const auto key = line.substr(0, equals), value = line.substr(equals + 1);
        if (key == "dataset") {
            trial.dataset = value;
            continue;
        }
        const auto number = parse_number(value);
        if (!number) return std::nullopt;
        if (key == "sequence") trial.sequence = *number;
        if (key == "pool") trial.pool_guid = *number;
        if (key == "left") trial.left = static_cast<unsigned>(*number);
        if (key == "allowed") trial.allowed = static_cast<unsigned>(*number);
        if (key == "once") trial.once = *number == 1;
    }
    return trial;
}

std::optional<Trial> newest(const std::optional<Trial>& first, const std::optional<Trial>& second) {
    if (!first || !second) return first ? first : second;
    return second->sequence > first->sequence ? second : first;
}

std::size_t slot_to_write(const std::optional<Trial>& first, const std::optional<Trial>& second) {
    if (!first) return 0;
    if (!second) return 1;
    return second->sequence > first->sequence ? 0 : 1;
}

namespace {

std::array<std::optional<Trial>, 2> read_slots(Files& files, const std::string& esp) {
    std::array<std::optional<Trial>, 2> slots;
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (const auto bytes = files.read(esp + "/" + kTrialSlots[i])) slots[i] = parse_slot(*bytes);
    return slots;
}

}  // namespace

std::optional<Trial> read_trial(Files& files, const std::string& esp) {
    const auto slots = read_slots(files, esp);
    return newest(slots[0], slots[1]);
}

Status write_trial(Files& files, const std::string& esp, const Trial& trial) {
    const auto slots = read_slots(files, esp);
    return files.overwrite(esp + "/" + kTrialSlots[slot_to_write(slots[0], slots[1])], to_slot(trial));
}

}  // namespace kld::boot
