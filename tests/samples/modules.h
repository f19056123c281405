// SPDX-License-Identifier: BSD-3-Clause
// Small made-up modules, kernels and keys for the tests of src/modules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "modules/key_maker.h"
#include "modules/signing_key.h"
#include "samples/damage.h"

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

using kld::test::message_of;
using kld::test::torment;

}  // namespace kld::modules::test
