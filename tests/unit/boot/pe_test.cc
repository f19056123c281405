// SPDX-License-Identifier: BSD-3-Clause
#include "boot/pe.h"

#include <gtest/gtest.h>

#include "samples/efi.h"

namespace kld::boot {

TEST(EfiProgram, SectionsAndSignatureAreFound) {
    const auto bytes = test::make_efi_program({{".linux", "kernel"}, {".initrd", std::string(5000, 'i')}});
    const auto program = read_efi_program(bytes);
    ASSERT_TRUE(program.has_value()) << program.error().message;
    EXPECT_EQ(program->sections.at(".linux"), "kernel");
    EXPECT_EQ(program->sections.at(".initrd"), std::string(5000, 'i'));
    EXPECT_EQ(program->machine, kMachineX64);
    EXPECT_EQ(program->subsystem, kEfiApplication);
    EXPECT_TRUE(program->is_signed);
    EXPECT_FALSE(read_efi_program(test::make_efi_program({{".text", "x"}}, false))->is_signed);
}

TEST(EfiProgram, ACutFileIsAnErrorWhereverItEnds) {
    const auto bytes = test::make_efi_program({{".linux", std::string(3000, 'k')}, {".initrd", "x"}});
    for (std::size_t size = 0; size < bytes.size(); size += size < 600 ? 1 : 97)
        EXPECT_FALSE(read_efi_program(bytes.substr(0, size)).has_value()) << size;
}

TEST(EfiProgram, WhatIsNoneIsRefused) {
    EXPECT_FALSE(read_efi_program("").has_value());
    EXPECT_FALSE(read_efi_program(std::string(4096, '\xff')).has_value());
    auto bytes = test::make_efi_program({{".text", "x"}});
    bytes[0x98] = 0x0b;  // PE32, for machines of 32 bits
    bytes[0x99] = 0x01;
    EXPECT_FALSE(read_efi_program(bytes).has_value());
}

TEST(EfiProgram, NoDamagedByteLeadsOutside) {
    const auto bytes = test::make_efi_program({{".linux", "kernel"}, {".initrd", "x"}});
    for (std::size_t at = 0; at < 0x200; ++at)
        for (const char value : {'\0', '\x7f', '\xff'}) {
            auto damaged = bytes;
            damaged[at] = value;
            const auto program = read_efi_program(damaged);
            if (!program) continue;
            for (const auto& [name, content] : program->sections)
                EXPECT_TRUE(content.empty() || (content.data() >= damaged.data() &&
                                                content.data() + content.size() <= damaged.data() + damaged.size()));
        }
}

}  // namespace kld::boot
