// SPDX-License-Identifier: BSD-3-Clause
// passwd(5), shadow(5), group(5) and their kin, edited as text: what useradd would write, without running it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld::image {

/// The texts of the account files.
struct Accounts {
    std::string passwd;
    std::string shadow;
    std::string group;
    std::string gshadow;
    std::string subuid;
    std::string subgid;
};

struct NewUser {
    std::string name;
    std::string password_hash;        ///< empty: the password is locked ("!")
    std::vector<std::string> groups;  ///< supplementary, joined when they exist
};

struct UserId {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// Adds the user with the lowest free uid from 1000 on, a group of the same name, and a range of subordinate ids.
/// A name that exists already is an error.
Result<UserId> add_user(Accounts& accounts, const NewUser& user, long day);

/// Sets the password of an account that exists.
Status set_password(Accounts& accounts, const std::string& name, const std::string& hash);

/// Names of accounts that anybody could log in to: an empty password field.
std::vector<std::string> open_accounts(const Accounts& accounts);

}  // namespace kld::image
