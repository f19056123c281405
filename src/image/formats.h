// SPDX-License-Identifier: BSD-3-Clause
// Disk formats: what hypervisors and clouds import. docs/formats.md says why each is as it is.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::image {

enum class Format {
    raw,
    qcow2,
    vhd,   ///< fixed, a whole number of MiB, as Azure wants it
    vmdk,  ///< streamOptimized
    ova,   ///< descriptor, manifest and such a vmdk
};

/// How the clusters of a qcow2 are packed; other formats have no choice.
enum class Compression { none, zlib, zstd };

/// "vhd" → Format::vhd. An unknown name is an error (exit 2) that lists the known ones.
Result<Format> parse_format(const std::string& name);
/// By the end of a file's name: .raw and .img, .qcow2, .vhd, .vmdk, .ova. Anything else is an error (exit 2).
Result<Format> format_of_name(const std::string& path);
Result<Compression> parse_compression(const std::string& name);
/// As in the names of files and of --format.
const char* name_of(Format format);

/// What an appliance is beside its disk.
struct Appliance {
    std::string name;
    unsigned cpus = 2;
    std::uint64_t memory_mib = 2048;
    unsigned cim_os_type = 0;    ///< CIM_OperatingSystem.OSType
    std::string vmware_os_type;  ///< VMware's guestId
};

struct FormatRequest {
    std::string raw;     ///< the disk; its size is a whole number of MiB
    std::string output;  ///< must not exist
    Format format = Format::raw;
    Compression compression = Compression::none;
    Appliance appliance{};                    ///< of an ova
    long time = 0;                            ///< of the files in an ova, seconds since the epoch
    const std::atomic<bool>* stop = nullptr;  ///< once true, writing ends with an error
};

/// Writes `output`. Beside it temporary files may appear; the caller removes them on failure.
Status write_format(Runner& runner, Files& files, const FormatRequest& request);

}  // namespace kld::image
