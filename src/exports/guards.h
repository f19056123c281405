// SPDX-License-Identifier: BSD-3-Clause
// Why an export must not begin.
#pragma once

#include <string>
#include <vector>

#include "exports/world.h"

namespace kld::exports {

/// The system as such: all of it in the pool, a loader that firmware finds without an entry, nothing in the way, all
/// programs there.
Status check_system(const World& world, const Wish& wish);

/// Encrypted datasets need a word: --plain or --raw.
/// @param exported  the datasets that go along
Status check_encryption(const World& world, const Wish& wish, const std::vector<const boot::Dataset*>& exported);

/// What is written into an environment that does not run must be on its own dataset: no other one is mounted with it.
/// @param exported  the datasets that go along
Status check_identities(const World& world, const std::vector<const boot::Dataset*>& exported);

/// True when the dataset's blocks are encrypted.
bool is_encrypted(const boot::Dataset& dataset);

}  // namespace kld::exports
