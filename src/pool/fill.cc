// SPDX-License-Identifier: BSD-3-Clause
#include "pool/fill.h"

namespace kld::pool {

namespace {
constexpr std::size_t kReadAhead = 32U << 20;
}

Status fill_from(Source& source, Filler& filler, const Full& full, Events& events) {
    ReadAhead ahead(source, kReadAhead);
    while (true) {
        KLD_TRY(auto item, ahead.next());
        if (!item) return {};
        const bool is_entry = item->entry != nullptr;
        if (auto status = filler.add(std::move(*item)); !status)
            return fail(filler.is_full() ? full(ahead, status.error()) : status.error());
        if (!is_entry || filler.counts().entries % 64 == 0) events.progress(-1, filler.counts().bytes);
    }
}

std::string entry_path(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::string(path);
}

}  // namespace kld::pool
