// SPDX-License-Identifier: BSD-3-Clause
#include "provenance/checksums.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "base/fd.h"
#include "base/text.h"
#include "digest/sha256.h"

namespace kld::provenance {
namespace {

// The same key signs modules: by its first line nothing that is signed can be taken for something else.
constexpr std::string_view kFirstLine = "# kldload image, version 1";
constexpr std::size_t kDigits = 64;

}  // namespace

Status check_listed_name(const std::string& name) {
    const bool bad = name.empty() || name == "." || name == ".." || std::any_of(name.begin(), name.end(), [](char c) {
                         return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
                     });
    if (!bad) return {};
    return fail(fmt::format("\"{}\" cannot be the name of an image", name),
                "take a name without backslashes and control characters", ExitCode::usage);
}

std::string checksum_list(const std::vector<ListedFile>& files) {
    auto text = fmt::format("{}\n", kFirstLine);
    for (const auto& file : files) text += fmt::format("# {}: {} bytes\n", file.name, file.bytes);
    for (const auto& file : files) text += fmt::format("{}  {}\n", file.sha256, file.name);
    return text;
}

Result<std::vector<ListedFile>> parse_checksum_list(const std::string& text, const std::string& name) {
    const auto bad = [&name] { return fail(name + " is no list of an image", "fetch it again"); };
    constexpr std::string_view kHash = "# ", kUnit = " bytes", kGap = "  ";
    const auto all = lines(text);
    if (all.size() < 3 || all.size() % 2 == 0 || all[0] != kFirstLine) return bad();
    const auto count = all.size() / 2;
    std::vector<ListedFile> files;
    for (std::size_t i = 1; i <= count; ++i) {
        const auto& size = all[i];
        const auto& digest = all[i + count];
        const auto colon = size.rfind(": ");
        if (!size.starts_with(kHash) || !size.ends_with(kUnit) || colon == std::string::npos || colon < kHash.size() ||
            digest.size() < kDigits + kGap.size())
            return bad();
        const auto bytes =
            parse_number(std::string_view(size).substr(colon + 2, size.size() - kUnit.size() - colon - 2));
        ListedFile file{digest.substr(kDigits + kGap.size()), bytes.value_or(0), digest.substr(0, kDigits)};
        const bool hex = file.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (!bytes || !hex || !check_listed_name(file.name)) return bad();
        files.push_back(std::move(file));
    }
    if (checksum_list(files) != text) return bad();
    return files;
}

Result<ListedFile> measure(const std::string& path) {
    KLD_TRY(const auto fd, Fd::open(path, O_RDONLY));
    KLD_TRY(const auto bytes, fd.size());
    KLD_TRY(auto digest, sha256_file(path));
    return ListedFile{path.substr(path.rfind('/') + 1), bytes, std::move(digest)};
}

}  // namespace kld::provenance
