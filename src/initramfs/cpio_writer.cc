// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/cpio_writer.h"

#include <fmt/core.h>

#include <limits>

namespace kld::initramfs {
namespace {

constexpr std::size_t kLongestPath = 4095;

void pad(std::string& bytes) {
    bytes.append((4 - bytes.size() % 4) % 4, '\0');
}

void put(std::string& archive, std::uint32_t number, const NewEntry& entry) {
    const std::uint32_t links = (entry.mode & 0170000U) == 0040000U ? 2 : 1;
    archive += "070701";
    for (const std::size_t field :
         {std::size_t{number}, std::size_t{entry.mode}, std::size_t{0}, std::size_t{0}, std::size_t{links},
          std::size_t{0}, entry.content.size(), std::size_t{0}, std::size_t{0}, std::size_t{0}, std::size_t{0},
          entry.path.size() + 1, std::size_t{0}})
        archive += fmt::format("{:08X}", field);
    archive += entry.path;
    archive += '\0';
    pad(archive);
    archive += entry.content;
    pad(archive);
}

}  // namespace

Result<std::string> make_archive(const std::vector<NewEntry>& entries) {
    std::string archive;
    std::uint32_t number = 1;
    for (const auto& entry : entries) {
        if (entry.path.empty() || entry.path.front() == '/' || entry.path.size() > kLongestPath)
            return fail(fmt::format("\"{}\" cannot be a path in an initramfs", entry.path));
        if (entry.content.size() > std::numeric_limits<std::uint32_t>::max())
            return fail(fmt::format("{} is too large for a cpio archive", entry.path));
        put(archive, number++, entry);
    }
    put(archive, 0, {.path = "TRAILER!!!", .mode = 0});
    return archive;
}

Result<std::string> make_appendix(std::uint64_t image_size, const std::vector<NewEntry>& entries) {
    KLD_TRY(const auto archive, make_archive(entries));
    constexpr std::size_t kSetOff = 4;
    return std::string((4 - image_size % 4) % 4 + kSetOff, '\0') + archive;
}

}  // namespace kld::initramfs
