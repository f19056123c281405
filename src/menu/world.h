// SPDX-License-Identifier: BSD-3-Clause
// What the menu found: boot environments with their kernels, and what went wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "boot/kernels.h"
#include "boot/trial.h"
#include "menu/pools.h"

namespace kld::menu {

/// A boot environment that can be booted, or could be with its passphrase.
struct Entry {
    std::string dataset;  ///< name for people and for mounting, e.g. "rpool/ROOT/default"
    std::string system;   ///< PRETTY_NAME of its os-release
    std::uint64_t pool_guid = 0;
    std::string root_prefix;  ///< "root=zfs:"
    std::string root;         ///< as the initramfs wants it: by pool GUID where it understands that, else by name
    std::string arguments;    ///< command line without root= and hostid
    std::uint32_t hostid = 0;
    std::string encryption_root{};  ///< the dataset that has its key; empty when it is not encrypted
    bool locked = false;            ///< the key is not loaded: nothing from inside is known, not even the kernels
    bool takes_key = false;         ///< its initramfs takes a key that the menu hands over
    std::vector<boot::KernelPair> kernels;  ///< at least one, unless it is locked
    std::size_t default_kernel = 0;
    std::string keymap{};  ///< boot::kKeymapProperty, empty when it is not set

    bool operator==(const Entry& other) const { return dataset == other.dataset && pool_guid == other.pool_guid; }
};

/// The record of a trial, and the EFI system partitions that have it ("/dev/vda1").
struct FoundTrial {
    boot::Trial record;
    std::vector<std::string> partitions;
};
struct TrialEntry {
    std::size_t entry = 0;
    FoundTrial found;
    std::optional<std::size_t> good{};  ///< what would be the default without it
};

struct World {
    std::vector<Entry> entries;
    std::vector<FoundPool> pools;              ///< as their labels describe them
    std::optional<std::size_t> default_entry;  ///< where bootfs points, when that can be booted
    std::optional<TrialEntry> trial{};         ///< the default is one that has yet to prove itself
    std::string keymap;                        ///< boot::kKeymapProperty of the default, else of the first that has it
    std::vector<std::string> problems;         ///< one line each, for the screen
    std::vector<std::string> notes;            ///< for the log
};

}  // namespace kld::menu
