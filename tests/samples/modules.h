// SPDX-License-Identifier: BSD-3-Clause
// Small made-up modules, kernels and keys for the tests of src/modules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "modules/key_maker.h"
#include "modules/signing_key.h"

namespace kld::modules::test {

struct SampleModule {
    std::string name = "zfs";
    std::string version = "2.3.9-0+deb13u1";
    std::string vermagic = "6.12.107+deb13-amd64 SMP preempt mod_unload modversions ";
    std::string depends = "spl";
    bool debug_info = false;
};

/// A 64-bit little-endian ELF file with .modinfo and section names, unsigned.
std::string make_module(const SampleModule& sample = {});

/// The first bytes of a bzImage with a PE header.
std::string make_kernel(const std::string& version, bool with_certificate_table);

std::string gzip(const std::string& bytes);
std::string zstd(const std::string& bytes);

/// A key in a directory of its own that goes with the object. Made once for all tests, since RSA takes its time.
const SigningKey& sample_key();
/// Another one.
const SigningKey& other_key();

/// The key with a passphrase put on it.
std::string encrypted(const std::string& key_pem);

/// The error's message, or "no error": asking a success for its error is undefined.
template <typename T>
std::string message_of(const Result<T>& result) {
    return result ? "no error" : result.error().message;
}

/// Calls `f` with every prefix of `bytes` (all of the first and last 300, then every 97th), and with `rounds` copies in
/// which a few bytes are overwritten at random, always the same ones.
template <typename F>
void torment(const std::string& bytes, int rounds, F&& f) {
    for (std::size_t size = 0; size < bytes.size(); size += (size < 300 || size + 300 > bytes.size()) ? 1 : 97)
        f(bytes.substr(0, size));
    std::uint32_t state = 12345;
    const auto next = [&state] { return state = state * 1664525U + 1013904223U, state >> 8U; };
    for (int round = 0; round < rounds; ++round) {
        auto mutated = bytes;
        for (auto changes = 1 + next() % 4; changes > 0 && !mutated.empty(); --changes)
            mutated[next() % mutated.size()] = static_cast<char>(next());
        f(mutated);
    }
}

}  // namespace kld::modules::test
