// SPDX-License-Identifier: BSD-3-Clause
// Loads the keys of a pool that was brought in: out of files, from a person, or line by line out of a pipe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"
#include "boot/dataset.h"

namespace kld::recovery {

/// A dataset that has a key of its own and not loaded.
struct MissingKey {
    std::string dataset;
    std::string format;    ///< "passphrase", "hex" or "raw"
    std::string file{};    ///< where its key lies on this system; empty: somebody has to give it
    bool prompts = false;  ///< its own keylocation is prompt
};

/// @param datasets  with encryptionroot, keystatus, keyformat and keylocation
/// @returns parents first, as they are unlocked
std::vector<MissingKey> missing_keys(const std::vector<boot::Dataset>& datasets, Files& files);

/// `zfs load-key` with the key given by somebody, whatever the property keylocation says.
std::vector<std::string> ask_command(const MissingKey& key);

/// Who gives the keys.
struct KeyGiver {
    /// zfs(8) asks on this terminal by itself. @returns its exit code
    std::function<Result<int>(const std::vector<std::string>& argv)> ask{};
    /// Where there is no terminal: the next key of that format, as zfs(8) wants it on stdin; nothing at the end.
    std::function<std::optional<std::string>(const std::string& format)> next{};
};

/// The terminal on stdin, or what comes from there: a line for each key that is asked for, or 32 bytes for a raw one.
/// Nothing is read beyond that.
KeyGiver keys_of_stdin();

/// The next key from a descriptor, as KeyGiver::next.
std::optional<std::string> read_key(int fd, const std::string& format);

/// Goes through all. A key in a file that is not the right one is asked for. @returns an error (exit 1) that names the
/// datasets whose keys are not loaded; why is a warning for each
Status load_keys(Runner& runner, Events& events, const std::string& pool, const std::vector<MissingKey>& missing,
                 const KeyGiver& giver);

}  // namespace kld::recovery
