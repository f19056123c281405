// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/fuzz.h"
#include "menu/label.h"

void kld::fuzz::read(std::string_view bytes) {
    const auto label = menu::parse_label(bytes);
    if (label) promise(label->pool_guid != 0, "a label is of a pool");
}
