// SPDX-License-Identifier: BSD-3-Clause
#include "boot/pe.h"
#include "fuzz/fuzz.h"

void kld::fuzz::read(std::string_view bytes) {
    const auto program = boot::read_efi_program(bytes);
    if (!program) return;
    for (const auto& [name, content] : program->sections) promise(lies_in(content, bytes), "sections lie in the file");
}
