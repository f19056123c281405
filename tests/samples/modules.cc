// SPDX-License-Identifier: BSD-3-Clause
#include "samples/modules.h"

#include <openssl/pem.h>

#include <cstdlib>
#include <iostream>

#include "modules/openssl.h"
#include "samples/initramfs.h"

namespace kld::modules::test {
namespace {

void put(std::string& bytes, std::size_t offset, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

SigningKey make_key() {
    auto directory = TemporaryDirectory::make("/tmp");
    if (directory)
        if (auto key = SigningKey::load_or_make(directory->path() + "/keys")) return *std::move(key);
    std::cerr << "no key for the tests\n";
    std::abort();
}

}  // namespace

std::string make_module(const SampleModule& sample) {
    const auto modinfo = "license=CDDL" + std::string(1, '\0') + "version=" + sample.version + std::string(3, '\0') +
                         "depends=" + sample.depends + std::string(1, '\0') + "name=" + sample.name +
                         std::string(1, '\0') + "vermagic=" + sample.vermagic + std::string(1, '\0');
    const std::string names("\0.modinfo\0.shstrtab\0.debug_info\0.bss\0", 37);
    const std::string contents[] = {{}, modinfo, names, sample.debug_info ? "DWARF" : "", {}};
    const std::size_t name_offsets[] = {0, 1, 10, 20, 32};

    std::string elf(64, '\0');
    elf.replace(0, 6,
                "\x7f"
                "ELF\x02\x01");
    std::vector<std::size_t> offsets;
    for (const auto& content : contents) {
        offsets.push_back(elf.size());
        elf += content;
    }
    elf.append(64 - elf.size() % 64, '\0');
    put(elf, 0x28, elf.size(), 8);
    put(elf, 0x3a, 64, 2);
    put(elf, 0x3c, 5, 2);
    put(elf, 0x3e, 2, 2);
    for (std::size_t i = 0; i < 5; ++i) {
        std::string header(64, '\0');
        put(header, 0, name_offsets[i], 4);
        put(header, 4, i == 4 ? 8 : 1, 4);
        put(header, 0x18, offsets[i], 8);
        put(header, 0x20, i == 4 ? 1U << 30U : contents[i].size(), 8);
        elf += header;
    }
    return elf;
}

std::string make_kernel(const std::string& version, bool with_certificate_table) {
    std::string image(0x1000, '\0');
    image.replace(0, 2, "MZ");
    put(image, 0x3c, 0x80, 4);
    image.replace(0x80, 4, std::string("PE\0\0", 4));
    put(image, 0x98, 0x20b, 2);
    put(image, 0x98 + 108, 6, 4);
    if (with_certificate_table) {
        put(image, 0x98 + 112 + 32, 0xf00, 4);
        put(image, 0x98 + 112 + 36, 0x80, 4);
    }
    image.replace(0x202, 4, "HdrS");
    put(image, 0x20e, 0x400, 2);
    image.replace(0x600, version.size(), version);
    return image;
}

std::string gzip(const std::string& bytes) {
    return initramfs::test::compress(initramfs::Format::gzip, bytes);
}

std::string zstd(const std::string& bytes) {
    return initramfs::test::compress(initramfs::Format::zstd, bytes);
}

std::string encrypted(const std::string& key_pem) {
    const PrivateKey key(PEM_read_bio_PrivateKey(memory_bio(key_pem).get(), nullptr, nullptr, nullptr));
    const Bio out(BIO_new(BIO_s_mem()));
    std::string passphrase = "secret";
    PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), passphrase.data(),
                                  static_cast<int>(passphrase.size()), nullptr, nullptr);
    return bio_text(out.get());
}

const SigningKey& sample_key() {
    static const SigningKey key = make_key();
    return key;
}

const SigningKey& other_key() {
    static const SigningKey key = make_key();
    return key;
}

}  // namespace kld::modules::test
