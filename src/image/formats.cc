// SPDX-License-Identifier: BSD-3-Clause
#include "image/formats.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/fd.h"
#include "base/text.h"
#include "image/ovf.h"
#include "image/ustar.h"
#include "image/vmdk.h"

namespace kld::image {
namespace {

/// Of what reads or writes a whole disk: a large one on a slow place takes many hours.
constexpr auto kLong = std::chrono::hours(24);

struct Known {
    Format format;
    const char* name;
    std::vector<const char*> endings;
};

const std::array<Known, 5>& known_formats() {
    static const std::array<Known, 5> known{{{Format::raw, "raw", {".raw", ".img"}},
                                             {Format::qcow2, "qcow2", {".qcow2"}},
                                             {Format::vhd, "vhd", {".vhd"}},
                                             {Format::vmdk, "vmdk", {".vmdk"}},
                                             {Format::ova, "ova", {".ova"}}}};
    return known;
}

std::string list_of_names() {
    std::vector<std::string> names;
    for (const auto& one : known_formats()) names.emplace_back(one.name);
    return "known: " + join(names, ", ");
}

Status convert(Runner& runner, const FormatRequest& request, const std::string& output,
               std::vector<std::string> options) {
    std::vector<std::string> argv{"qemu-img", "convert", "-f", "raw"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {request.raw, output});
    KLD_CHECK(runner.run({.argv = argv, .timeout = kLong, .stop = request.stop}));
    return {};
}

std::vector<std::string> qcow2_options(Compression compression) {
    if (compression == Compression::none) return {"-O", "qcow2"};
    // Out of order: only so qemu-img packs on all processors.
    return {"-O", "qcow2",
            "-c", "-W",
            "-m", std::to_string(std::max(1U, std::thread::hardware_concurrency())),
            "-o", std::string("compression_type=") + (compression == Compression::zlib ? "zlib" : "zstd")};
}

/// The raw disk is sparse: what it takes is what it holds.
Result<OvfDisk> describe(const FormatRequest& request, const std::string& vmdk) {
    OvfDisk disk{.file = vmdk.substr(vmdk.rfind('/') + 1)};
    struct stat status {};
    if (::stat(request.raw.c_str(), &status) != 0) return fail(errno_error("cannot read " + request.raw, errno));
    disk.capacity_bytes = static_cast<std::uint64_t>(status.st_size);
    disk.populated_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
    KLD_TRY(const auto fd, Fd::open(vmdk, O_RDONLY));
    KLD_TRY(disk.file_bytes, fd.size());
    return disk;
}

/// By coreutils' program: static programs can have no libcrypto.
Result<std::string> sha256_by_program(Runner& runner, Command command) {
    command.argv = {"sha256sum"};
    command.timeout = kLong;
    KLD_TRY(const auto printed, runner.run(command));
    const auto fields = words(printed.out);
    constexpr std::size_t kDigits = 64;
    if (fields.empty() || fields[0].size() != kDigits)
        return fail(fmt::format("sha256sum printed '{}' and no digest", trim(printed.out)));
    return fields[0];
}

Status write_ova(Runner& runner, Files& files, const FormatRequest& request) {
    const auto slash = request.output.rfind('/');
    const auto directory = slash == std::string::npos ? std::string() : request.output.substr(0, slash + 1);
    const auto& name = request.appliance.name;
    const auto disk = name + "-disk1.vmdk", vmdk = directory + disk;
    KLD_CHECK(write_stream_optimized({.raw = request.raw, .output = vmdk, .stop = request.stop}));
    KLD_TRY(const auto facts, describe(request, vmdk));
    const auto descriptor = ovf_descriptor(request.appliance, facts);
    KLD_TRY(const auto descriptor_digest, sha256_by_program(runner, {.argv = {}, .input = descriptor}));
    KLD_TRY(const auto opened, Fd::open(vmdk, O_RDONLY));
    KLD_TRY(const auto disk_digest,
            sha256_by_program(runner, {.argv = {}, .stdin_fd = opened.get(), .stop = request.stop}));
    const auto manifest = ovf_manifest({{name + ".ovf", descriptor_digest}, {disk, disk_digest}});
    // Importers read the stream once: the descriptor first, then the manifest, then the disk.
    KLD_TRY(auto tar, UstarWriter::create(request.output, request.time));
    KLD_CHECK(tar.file(name + ".ovf", descriptor));
    KLD_CHECK(tar.file(name + ".mf", manifest));
    KLD_CHECK(tar.copy(disk, vmdk));
    KLD_CHECK(tar.finish());
    return files.remove(vmdk);
}

}  // namespace

Result<Format> parse_format(const std::string& name) {
    for (const auto& one : known_formats())
        if (name == one.name) return one.format;
    return fail(fmt::format("no format is called '{}'", name), list_of_names(), ExitCode::usage);
}

Result<Format> format_of_name(const std::string& path) {
    for (const auto& one : known_formats())
        for (const auto* ending : one.endings)
            if (path.ends_with(ending)) return one.format;
    return fail(fmt::format("the name {} does not tell a format", path), "say --format; " + list_of_names(),
                ExitCode::usage);
}

Result<Compression> parse_compression(const std::string& name) {
    if (name == "none") return Compression::none;
    if (name == "zlib") return Compression::zlib;
    if (name == "zstd") return Compression::zstd;
    return fail(fmt::format("no compression is called '{}'", name), "known: none, zlib, zstd", ExitCode::usage);
}

const char* name_of(Format format) {
    for (const auto& one : known_formats())
        if (one.format == format) return one.name;
    return "?";
}

Status write_format(Runner& runner, Files& files, const FormatRequest& request) {
    switch (request.format) {
        case Format::raw:
            return files.rename(request.raw, request.output);
        case Format::qcow2:
            return convert(runner, request, request.output, qcow2_options(request.compression));
        case Format::vhd:
            // force_size: the size of the disk is what it is, and not what its geometry multiplies to.
            return convert(runner, request, request.output, {"-O", "vpc", "-o", "subformat=fixed,force_size=on"});
        case Format::vmdk:
            return write_stream_optimized({.raw = request.raw, .output = request.output, .stop = request.stop});
        case Format::ova:
            return write_ova(runner, files, request);
    }
    return {};
}

}  // namespace kld::image
