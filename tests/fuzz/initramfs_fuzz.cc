// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/fuzz.h"
#include "initramfs/check.h"

void kld::fuzz::read(std::string_view bytes) {
    const auto report = initramfs::check_initramfs(bytes, {.kernel = "6.1"});
    if (!report) return;
    promise(!report->findings.empty(), "a report says something");
    for (const auto& segment : report->image.segments)
        promise(segment.offset <= bytes.size() && segment.bytes <= bytes.size() - segment.offset,
                "segments lie in the image");
    std::uint64_t kept = 0;
    for (const auto& [path, entry] : report->image.entries)
        kept += path.size() + entry.target.size() + (entry.content ? entry.content->size() : 0);
    promise(kept <= initramfs::kMostKept, "what is kept stays below the limit");
}
