// SPDX-License-Identifier: BSD-3-Clause
#include "image/vmdk.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <libdeflate.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <future>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/text.h"
#include "image/disk_layout.h"

namespace kld::image {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kGrainSectors = 128;
constexpr std::size_t kGrain = kGrainSectors * kSector;
constexpr std::uint64_t kGrainsPerTable = 512;
constexpr std::uint64_t kTableBytes = kGrain * kGrainsPerTable;  ///< of the disk, that one table describes
constexpr std::uint64_t kDescriptorSectors = 20;
constexpr std::uint64_t kOverheadSectors = 128;  ///< before the first grain
constexpr std::uint64_t kDirectoryInFooter = ~std::uint64_t{0};
/// Packs as well as zlib's own default, 6, does.
constexpr int kLevel = 5;

enum class Marker : std::uint32_t { end = 0, table = 1, directory = 2, footer = 3 };

/// Numbers are little endian, whatever the builder is.
template <typename Number>
void put(std::string& bytes, std::size_t at, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i)
        bytes[at + i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xff);
}

std::string sectors(std::string bytes) {
    bytes.resize((bytes.size() + kSector - 1) / kSector * kSector, '\0');
    return bytes;
}

std::string header(std::uint64_t capacity_sectors, std::uint64_t directory_sector) {
    std::string bytes(kSector, '\0');
    bytes.replace(0, 4, "KDMV");
    put(bytes, 4, std::uint32_t{3});        // version
    put(bytes, 8, std::uint32_t{0x30001});  // line ends can be checked, grains are compressed, there are markers
    put(bytes, 12, capacity_sectors);
    put(bytes, 20, kGrainSectors);
    put(bytes, 28, std::uint64_t{1});  // the descriptor's place
    put(bytes, 36, kDescriptorSectors);
    put(bytes, 44, static_cast<std::uint32_t>(kGrainsPerTable));
    put(bytes, 56, directory_sector);
    put(bytes, 64, kOverheadSectors);
    bytes.replace(73, 4, "\n \r\n");   // what a transfer as text would break
    put(bytes, 77, std::uint16_t{1});  // deflate
    return bytes;
}

std::string descriptor(const std::string& name, std::uint64_t capacity_sectors) {
    // Heads and sectors are those of every SCSI disk of this size; only old BIOSes ask.
    const std::uint64_t cylinders = std::min<std::uint64_t>(capacity_sectors / (255 * 63), 65535);
    auto content_id = random_uuid().substr(0, 8);
    content_id = lower_case(std::move(content_id));
    return fmt::format(
        "# Disk DescriptorFile\nversion=1\nCID={}\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\n\n"
        "# Extent description\nRW {} SPARSE \"{}\"\n\n"
        "# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\nddb.geometry.cylinders = \"{}\"\n"
        "ddb.geometry.heads = \"255\"\nddb.geometry.sectors = \"63\"\nddb.virtualHWVersion = \"15\"\n",
        content_id, capacity_sectors, name, cylinders);
}

std::string marker(Marker type, std::uint64_t sector_count) {
    std::string bytes(kSector, '\0');
    put(bytes, 0, sector_count);
    put(bytes, 12, static_cast<std::uint32_t>(type));
    return bytes;
}

struct CompressorCloser {
    void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
};
using Compressor = std::unique_ptr<libdeflate_compressor, CompressorCloser>;

bool is_zero(const char* bytes, std::size_t size) {
    return size == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0);
}

/// The grain with its marker and padding; empty when it is all zeros.
std::string packed_grain(libdeflate_compressor* compressor, const char* grain, std::uint64_t sector) {
    if (is_zero(grain, kGrain)) return {};
    constexpr std::size_t kMarker = 12;
    std::string bytes(kMarker + libdeflate_zlib_compress_bound(compressor, kGrain), '\0');
    const auto size =
        libdeflate_zlib_compress(compressor, grain, kGrain, bytes.data() + kMarker, bytes.size() - kMarker);
    put(bytes, 0, sector);
    put(bytes, 8, static_cast<std::uint32_t>(size));
    bytes.resize(kMarker + size);
    return sectors(std::move(bytes));
}

class Writer {
public:
    Writer(const Fd& raw, Fd output, std::uint64_t size, const std::atomic<bool>* stop)
        : raw_(raw), output_(std::move(output)), size_(size), stop_(stop) {}

    Status run(const std::string& name) {
        const auto capacity = size_ / kSector;
        KLD_CHECK(write(header(capacity, kDirectoryInFooter)));
        auto text = descriptor(name, capacity);
        if (text.size() > kDescriptorSectors * kSector) return fail("the name " + name + " is too long for a vmdk");
        text.resize((kOverheadSectors - 1) * kSector, '\0');
        KLD_CHECK(write(text));
        KLD_CHECK(write_tables());
        const auto directory = directory_bytes();
        KLD_CHECK(write(marker(Marker::directory, directory.size() / kSector)));
        const auto directory_sector = written_ / kSector;
        KLD_CHECK(write(directory));
        KLD_CHECK(write(marker(Marker::footer, 1)));
        KLD_CHECK(write(header(capacity, directory_sector)));
        KLD_CHECK(write(marker(Marker::end, 0)));
        return output_.sync();
    }

private:
    Status write(const std::string& bytes) {
        written_ += bytes.size();
        return output_.write_all(bytes);
    }

    std::string directory_bytes() const {
        std::string bytes(tables_.size() * 4, '\0');
        for (std::size_t i = 0; i < tables_.size(); ++i) put(bytes, 4 * i, tables_[i]);
        return sectors(std::move(bytes));
    }

    /// One table is packed while the one before is written.
    Status write_tables() {
        tables_.resize((size_ + kTableBytes - 1) / kTableBytes, 0);
        std::future<Status> writing;
        for (std::size_t table = 0; table < tables_.size(); ++table) {
            const auto at = table * kTableBytes;
            const auto part = std::min(kTableBytes, size_ - at);
            if (!has_data(at, part)) continue;
            if (stop_ != nullptr && *stop_) return fail("stopped on request");
            KLD_TRY(auto grains, pack(at, part));
            if (writing.valid()) KLD_CHECK(writing.get());
            writing = std::async(std::launch::async,
                                 [this, table, grains = std::move(grains)] { return write_table(table, grains); });
        }
        return writing.valid() ? writing.get() : Status{};
    }

    /// Grains of one table's part of the disk, and the table; nothing when all are zeros.
    Status write_table(std::size_t number, const std::vector<std::string>& grains) {
        std::string table(kGrainsPerTable * 4, '\0');
        bool any = false;
        for (std::size_t i = 0; i < grains.size(); ++i) {
            if (grains[i].empty()) continue;
            any = true;
            KLD_TRY(const auto sector, sector_here());
            put(table, 4 * i, sector);
            KLD_CHECK(write(grains[i]));
        }
        if (!any) return {};
        KLD_CHECK(write(marker(Marker::table, table.size() / kSector)));
        KLD_TRY(tables_[number], sector_here());
        return write(table);
    }

    /// Tables have 32 bits for a place: 2 TiB of file.
    Result<std::uint32_t> sector_here() const {
        const auto sector = written_ / kSector;
        if (sector > std::numeric_limits<std::uint32_t>::max())
            return fail("a vmdk cannot hold more than 2 TiB of compressed data");
        return static_cast<std::uint32_t>(sector);
    }

    bool has_data(std::uint64_t at, std::uint64_t part) const {
        const auto data = ::lseek(raw_.get(), static_cast<off_t>(at), SEEK_DATA);
        // A file system that knows no holes says so with another error than ENXIO: then there is data.
        return data < 0 ? errno != ENXIO : static_cast<std::uint64_t>(data) < at + part;
    }

    /// Every thread reads what it packs: the bytes are in its processor's cache then.
    Result<std::vector<std::string>> pack(std::uint64_t at, std::uint64_t part) const {
        std::vector<std::string> grains(part / kGrain);
        std::atomic<std::size_t> next{0};
        const auto work = [&]() -> Status {
            const Compressor compressor(libdeflate_alloc_compressor(kLevel));
            for (std::size_t i = next++; i < grains.size(); i = next++) {
                const auto place = at + i * kGrain;
                KLD_TRY(const auto bytes, raw_.read_at(kGrain, place));
                if (bytes.size() != kGrain) return fail("the disk became shorter while it was read");
                grains[i] = packed_grain(compressor.get(), bytes.data(), place / kSector);
            }
            return {};
        };
        std::vector<std::future<Status>> others;
        for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i)
            others.push_back(std::async(std::launch::async, work));
        auto done = work();
        for (auto& other : others)
            if (auto theirs = other.get(); done && !theirs) done = std::move(theirs);
        if (!done) return fail(std::move(done.error()));
        return grains;
    }

    const Fd& raw_;
    Fd output_;
    std::uint64_t size_;
    const std::atomic<bool>* stop_;
    std::uint64_t written_ = 0;
    std::vector<std::uint32_t> tables_{};
};

}  // namespace

Status write_stream_optimized(const VmdkRequest& request) {
    KLD_TRY(const auto raw, Fd::open(request.raw, O_RDONLY));
    KLD_TRY(const auto size, raw.size());
    if (size == 0 || size % kGrain != 0)
        return fail(fmt::format("{} has {} bytes, which is no whole number of 64 KiB", request.raw, size));
    KLD_TRY(auto output, Fd::open(request.output, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    auto done =
        Writer(raw, std::move(output), size, request.stop).run(request.output.substr(request.output.rfind('/') + 1));
    if (!done) return fail(std::move(done.error()).within(request.output));
    return {};
}

}  // namespace kld::image
