// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/fuzz.h"
#include "modules/kernel_module.h"

void kld::fuzz::read(std::string_view bytes) {
    const auto module = modules::inspect_module(bytes);
    if (module) promise(module->vermagic.starts_with(module->release()), "the release begins vermagic");
}
