// SPDX-License-Identifier: BSD-3-Clause
// What of a stream is looked at before OpenZFS, and what is rewritten. OpenZFS itself is not in here: it keeps pools
// for the whole process, and ends the process when a record is not as it should be.
#include <algorithm>
#include <array>
#include <vector>

#include "fuzz/fuzz.h"
#include "pool/kz_record.h"

extern "C" void fletcher_4_init(void);  // OpenZFS's header is for GNU C only

namespace {

/// As much as can be rewritten, in pieces as OpenZFS gives them.
std::string rewritten(std::string_view bytes) {
    kz_rewriter rewriter{.identity = {.guid = 1, .creation_time = 2}, .checksum = {}, .payload = 0};
    std::string out;
    while (!bytes.empty()) {
        const std::uint64_t wanted = rewriter.payload != 0 ? rewriter.payload : std::uint64_t{KZ_RECORD};
        const auto view = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size())));
        const std::vector<char> piece(view.begin(), view.end());
        std::array<char, KZ_RECORD> changed;
        const char* write = nullptr;
        if (kz_rewrite(&rewriter, piece.data(), piece.size(), changed.data(), &write) != 0) break;
        out.append(write, piece.size());
        bytes.remove_prefix(piece.size());
    }
    return out;
}

}  // namespace

void kld::fuzz::read(std::string_view bytes) {
    [[maybe_unused]] static const bool started = (fletcher_4_init(), true);
    std::array<char, 256> snapshot;
    if (bytes.size() >= KZ_RECORD && kz_record_begin(bytes.data(), snapshot.data(), snapshot.size()) == 0) {
        const std::string_view name(snapshot.data());
        promise(!name.empty() && name.find_first_of("@/#\n\033") == std::string_view::npos, "a snapshot has a name");
    }
    const auto once = rewritten(bytes);
    promise(rewritten(once) == once, "a stream with its own identity stays as it is");
}
