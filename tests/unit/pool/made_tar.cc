// SPDX-License-Identifier: BSD-3-Clause
#include "made_tar.h"

#include <cstdio>
#include <cstring>

namespace kld::test {

namespace {

constexpr std::size_t kBlock = 512;

std::string padded(std::string bytes) {
    bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock, '\0');
    return bytes;
}

/// POSIX.1-1988 ustar: fields at fixed offsets, numbers in octal.
std::string header(const std::string& name, char type, const std::string& link, std::size_t size) {
    char block[kBlock] = {};
    std::snprintf(block, 100, "%s", name.c_str());
    std::snprintf(block + 100, 8, "%07o", type == '5' ? 0755U : 0644U);
    std::snprintf(block + 108, 8, "%07o", 0U);
    std::snprintf(block + 116, 8, "%07o", 0U);
    std::snprintf(block + 124, 12, "%011zo", size);
    std::snprintf(block + 136, 12, "%011o", 1600000000U);
    std::memset(block + 148, ' ', 8);
    block[156] = type;
    std::snprintf(block + 157, 100, "%s", link.c_str());
    std::memcpy(block + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    std::snprintf(block + 148, 8, "%06o", sum);
    return {block, kBlock};
}

/// "LENGTH KEY=VALUE\n", where LENGTH counts itself.
std::string record(const std::string& key, const std::string& value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (length != rest + std::to_string(length).size()) ++length;
    return std::to_string(length) + " " + key + "=" + value + "\n";
}

}  // namespace

std::string made_tar(const std::vector<Tarred>& entries, bool end) {
    std::string tar;
    for (const auto& entry : entries) {
        std::string records;
        for (const auto& [key, value] : entry.pax) records += record(key, value);
        if (!records.empty()) tar += header("pax", 'x', "", records.size()) + padded(records);
        tar += header(entry.name, entry.type, entry.link, entry.data.size()) + padded(entry.data);
    }
    if (end) tar += std::string(2 * kBlock, '\0');
    return tar;
}

}  // namespace kld::test
