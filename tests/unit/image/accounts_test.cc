// SPDX-License-Identifier: BSD-3-Clause
#include "image/accounts.h"

#include <gtest/gtest.h>

namespace kld::image {
namespace {

Accounts base() {
    return {"root:x:0:0:root:/root:/bin/bash\ntaken:x:1000:1000::/:/bin/sh\n",
            "root:*:20000:0:99999:7:::\ntaken:!:20000::::::\n",
            "root:x:0:\nsudo:x:27:\nusers:x:1001:\n",
            "root:*::\nsudo:*::other\n",
            "taken:100000:65536\n",
            ""};
}

TEST(Accounts, NewUserGetsFreeIdsGroupsAndSubordinateIds) {
    auto accounts = base();
    const auto id = add_user(accounts, {"ann", "$y$hash", {"sudo", "no-such-group"}}, 20100);
    ASSERT_TRUE(id.has_value()) << render(id.error());
    EXPECT_EQ(id->uid, 1002U) << "1000 is a user's, 1001 a group's";
    EXPECT_NE(accounts.passwd.find("ann:x:1002:1002::/home/ann:/bin/bash\n"), std::string::npos);
    EXPECT_NE(accounts.shadow.find("ann:$y$hash:20100:0:99999:7:::\n"), std::string::npos);
    EXPECT_NE(accounts.group.find("sudo:x:27:ann\n"), std::string::npos);
    EXPECT_NE(accounts.gshadow.find("sudo:*::other,ann\n"), std::string::npos);
    EXPECT_EQ(accounts.subuid, "taken:100000:65536\nann:165536:65536\n");
    EXPECT_EQ(accounts.subgid, "ann:100000:65536\n");
}

TEST(Accounts, UserWithoutPasswordIsLockedNotOpen) {
    auto accounts = base();
    ASSERT_TRUE(add_user(accounts, {"ann", "", {}}, 1).has_value());
    EXPECT_NE(accounts.shadow.find("ann:!:"), std::string::npos);
    EXPECT_TRUE(open_accounts(accounts).empty());
}

TEST(Accounts, NamesOfTheSystemAreRefused) {
    auto accounts = base();
    EXPECT_FALSE(add_user(accounts, {"taken", "", {}}, 1).has_value());
    EXPECT_FALSE(add_user(accounts, {"sudo", "", {}}, 1).has_value());
}

TEST(Accounts, PasswordsAreSetAndOpenAccountsAreNamed) {
    auto accounts = base();
    ASSERT_TRUE(set_password(accounts, "root", "$6$x$y").has_value());
    EXPECT_NE(accounts.shadow.find("root:$6$x$y:20000:"), std::string::npos);
    EXPECT_FALSE(set_password(accounts, "nobody-here", "x").has_value());
    accounts.shadow += "guest::1::::::\n";
    EXPECT_EQ(open_accounts(accounts), std::vector<std::string>{"guest"});
}

}  // namespace
}  // namespace kld::image
