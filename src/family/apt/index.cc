// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/index.h"

#include "base/text.h"

namespace kld::apt {

std::string_view Stanza::field(std::string_view name) const {
    for (std::size_t at = 0; at < text_.size();) {
        const auto end = std::min(text_.find('\n', at), text_.size());
        const auto line = text_.substr(at, end - at);
        if (line.size() > name.size() && line[name.size()] == ':' && line.starts_with(name))
            return trim(line.substr(name.size() + 1));
        at = end + 1;
    }
    return {};
}

void each_stanza(std::string_view text, const std::function<void(const Stanza&)>& each) {
    while (!text.empty()) {
        const auto end = text.find("\n\n");
        const auto stanza = text.substr(0, end);
        if (!trim(stanza).empty()) each(Stanza(stanza));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 2);
    }
}

}  // namespace kld::apt
