// SPDX-License-Identifier: BSD-3-Clause
// The OpenPGP keys that sign package repositories: without a passphrase, in a directory that only their owner reads.
#pragma once

#include <functional>
#include <string>

#include "base/files.h"
#include "base/runner.h"

namespace kld::packing {

/// apt and pacman are given an Ed25519 key. rpm is not: that of Enterprise Linux 9 is said not to import such keys.
enum class KeyKind { ed25519, rsa };

struct RepositoryKey {
    std::string home;  ///< gpg's directory
    std::string fingerprint;
    std::string armour;  ///< the public half
};

/// Gives `act` the key, which is made on first use below `key_directory`, and ends the agent that gpg leaves behind: it
/// would keep the key in memory and the directory busy.
Status with_repository_key(Runner& runner, Files& files, const std::string& key_directory, KeyKind kind,
                           const std::function<Status(const RepositoryKey&)>& act);

/// The public half of the key, in ASCII armour; it is made when there is none.
Result<std::string> repository_key(Runner& runner, Files& files, const std::string& key_directory, KeyKind kind);

/// gpg with this directory, asking nothing.
Command gpg(const std::string& home, const std::vector<std::string>& arguments);

/// A signature beside what it is of; one that is there is written over.
/// @param how  "--detach-sign", with "--armor" or not, or "--clearsign"
Status sign(Runner& runner, const RepositoryKey& key, const std::vector<std::string>& how, const std::string& file,
            const std::string& signature);

}  // namespace kld::packing
