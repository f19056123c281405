// SPDX-License-Identifier: BSD-3-Clause
// What an export will do, decided before anything is made.
#pragma once

#include <string>
#include <vector>

#include "exports/world.h"
#include "image/disk_layout.h"

namespace kld::exports {

/// One stream, from the running pool into the new one.
struct Transfer {
    std::string dataset{};
    std::vector<std::string> send{}, receive{};
    std::uint64_t bytes = 0;  ///< that it takes in the new pool
};

struct Plan {
    Wish wish{};
    std::string pool{};       ///< its name, in the image as here
    std::string temporary{};  ///< what it is called while it is imported beside the running one
    std::string snapshot{};   ///< "rpool@kexport-20261127-040000"
    image::DiskLayout disk{};
    std::vector<std::string> create{};  ///< zpool create; the device goes behind it
    std::vector<Transfer> transfers{};
    /// What the transfers leave to do: properties of the pool's own dataset, bootfs, properties of the pool.
    std::vector<std::vector<std::string>> finish{};
    std::vector<boot::Dataset> environments{};  ///< in the new pool, that get an identity; with mountpoint
    std::uint64_t exported = 0;                 ///< bytes of all transfers
    std::uint64_t peak = 0, free = 0;           ///< bytes: what is in use at most beside the result, and what there is
    bool encrypted = false;                     ///< the image will be
    std::vector<std::string> warnings{};
};

/// A pure function of its arguments, but for the random identities of the new disk. Refused (exit 3): a file is in the
/// way; a program is missing; too little room; encrypted datasets without a word about them, or without their keys; a
/// part of the system that is not in the pool. Errors (exit 2): a disk that is too small.
Result<Plan> plan(const World& world, const Wish& wish);

/// Warnings, numbered steps with their commands, and the room that is needed.
std::string to_text(const World& world, const Plan& plan);

/// {"version": 1, "pool", "output", "format", "size", "exported", "peak", "free", "identity", "encrypted", "warnings",
/// "steps": [{"text", "argv", "into"}]}
std::string to_json(const World& world, const Plan& plan);

}  // namespace kld::exports
