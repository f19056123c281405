// SPDX-License-Identifier: BSD-3-Clause
#include "menu/pager.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "menu/screen.h"

namespace kld::menu {
namespace {

std::string with_wide_tabs(std::string_view line) {
    std::string wide;
    for (const char c : line)
        if (c == '\t')
            wide.append(8 - wide.size() % 8, ' ');
        else
            wide += c;
    return wide;
}

}  // namespace

Pager::Pager(std::string title, std::string_view text, bool at_end) : title_(std::move(title)) {
    for (const auto& line : lines(text)) {
        const auto wide = with_wide_tabs(line);
        std::size_t at = 0;
        do rows_.push_back(wide.substr(at, kWidth));
        while ((at += kWidth) < wide.size());
    }
    if (at_end) scroll(static_cast<long>(rows_.size()));
}

void Pager::scroll(long rows) {
    const auto last = rows_.size() > kTextRows ? rows_.size() - kTextRows : 0;
    top_ = static_cast<std::size_t>(std::clamp<long>(static_cast<long>(top_) + rows, 0, static_cast<long>(last)));
}

bool Pager::press(const Key& key) {
    constexpr long kPage = static_cast<long>(kTextRows) - 1;
    const auto all = static_cast<long>(rows_.size());
    if (key.kind == KeyKind::up || key == Key{KeyKind::text, 'k'})
        scroll(-1);
    else if (key.kind == KeyKind::down || key == Key{KeyKind::text, 'j'})
        scroll(1);
    else if (key.kind == KeyKind::page_up)
        scroll(-kPage);
    else if (key.kind == KeyKind::page_down || key == Key{KeyKind::text, ' '})
        scroll(kPage);
    else if (key.kind == KeyKind::home)
        scroll(-all);
    else if (key.kind == KeyKind::end)
        scroll(all);
    else
        return false;
    return true;
}

std::vector<std::string> Pager::shown() const {
    const auto end = std::min(rows_.size(), top_ + kTextRows);
    return {rows_.begin() + static_cast<long>(top_), rows_.begin() + static_cast<long>(end)};
}

std::string Pager::position() const {
    if (rows_.empty()) return "empty";
    return fmt::format("{}-{} of {}", top_ + 1, std::min(rows_.size(), top_ + kTextRows), rows_.size());
}

}  // namespace kld::menu
