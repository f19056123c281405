// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "base/text.h"
#include "config/checks.h"
#include "config/schema.h"
#include "support/fakes.h"

namespace kld::config {
namespace {

const std::string kHash = "$y$j9T$abcdefgh$ijklmnop";
const std::string kKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample me";

TEST(Answers, EveryExampleOfTheSchemaPassesItsOwnCheck) {
    for (const auto& field : schema()) {
        EXPECT_EQ(field.check(field.example), "") << field.key;
        if (!field.fallback.empty()) {
            EXPECT_EQ(field.check(field.fallback), "") << field.key;
        }
    }
}

TEST(Answers, TheTemplateWithoutCommentMarksIsAValidFile) {
    std::string text;
    for (const auto& line : lines(answers_template()))
        text += (line.starts_with("#") && !line.starts_with("# ") ? line.substr(1) : line) + "\n";
    auto answers = defaults();
    const auto done = parse_answers(answers, text, "template");
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_EQ(answers.hostname, "web1.example.org");
    EXPECT_EQ(answers.network_dns, std::vector<std::string>{"192.0.2.53"});
}

TEST(Answers, FileOverridesFallbacksAndRoundTrips) {
    auto answers = defaults();
    ASSERT_TRUE(
        parse_answers(answers, "hostname = \"a\"\n[user]\nname = \"bob\"\nssh_keys = [\"" + kKey + "\"]\n", "x"));
    EXPECT_EQ(answers.timezone, "UTC");
    auto again = defaults();
    ASSERT_TRUE(parse_answers(again, to_toml(answers, true), "y"));
    EXPECT_EQ(to_toml(again, true), to_toml(answers, true));
}

TEST(Answers, AllFaultsAreToldAtOnceWithLines) {
    auto answers = defaults();
    const auto done = parse_answers(answers, "hostnam = \"a\"\ntimezone = 1\nlocale = \"klingon\"\n", "a.toml");
    ASSERT_FALSE(done.has_value());
    const auto told = render(done.error());
    EXPECT_NE(told.find("line 1: unknown key hostnam"), std::string::npos) << told;
    EXPECT_NE(told.find("line 2: timezone must be a string"), std::string::npos) << told;
    EXPECT_NE(told.find("line 3: locale 'klingon' is not a UTF-8 locale"), std::string::npos) << told;
    EXPECT_EQ(done.error().code, ExitCode::usage);
}

TEST(Answers, SecretsAreNeverShown) {
    auto answers = defaults();
    answers.root_password_hash = kHash;
    EXPECT_EQ(to_toml(answers, false).find(kHash), std::string::npos);
    const auto done = parse_answers(answers, "[root]\npassword_hash = \"hunter2\"\n", "x");
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(render(done.error()).find("hunter2"), std::string::npos) << "a rejected secret must not be echoed";
    for (const auto& field : schema()) EXPECT_TRUE(!field.secret || field.flag().ends_with("-file")) << field.key;
}

TEST(Answers, NoWayToLogInIsRefused) {
    auto answers = defaults();
    ASSERT_FALSE(check_answers(answers, true).has_value());
    EXPECT_EQ(check_answers(answers, true).error().code, ExitCode::refused);
    answers.user_name = "bob";
    answers.user_ssh_keys = {kKey};
    EXPECT_TRUE(check_answers(answers, true).has_value());
    EXPECT_FALSE(check_answers(answers, false).has_value()) << "keys open nothing without an ssh server";
    answers.user_password_hash = kHash;
    EXPECT_TRUE(check_answers(answers, false).has_value());
    answers.user_name.clear();
    EXPECT_FALSE(check_answers(answers, true).has_value()) << "a password of nobody";
}

TEST(Answers, KeyboardAndFontAreXkbsAndConsoleSetups) {
    auto answers = defaults();
    EXPECT_TRUE(has_usual_console(answers));
    EXPECT_EQ(menu_keymap(answers), "us");
    const auto parse = [&](const std::string& text) { return parse_answers(answers, text, "x"); };
    ASSERT_TRUE(
        parse("[keyboard]\nlayout = \"de,us\"\nvariant = \"nodeadkeys,\"\noptions = \"grp:alt_shift_toggle\"\n"));
    EXPECT_FALSE(has_usual_console(answers));
    EXPECT_EQ(menu_keymap(answers), "de:nodeadkeys");
    EXPECT_FALSE(parse("[keyboard]\nlayout = \"../x\"\n").has_value());
    EXPECT_FALSE(parse("[keyboard]\nlayout = \"de\\\"\\nX=\"\n").has_value());
    EXPECT_FALSE(parse("[console]\nfont = \"big\"\n").has_value());
    answers = defaults();
    ASSERT_TRUE(parse("[console]\nfont = \"Fixed16\"\n"));
    EXPECT_FALSE(has_usual_console(answers));
    EXPECT_EQ(menu_keymap(answers), "us");
    answers.user_name = "bob";
    answers.user_password_hash = kHash;
    answers.keyboard_layout.clear();
    EXPECT_FALSE(check_answers(answers, true).has_value()) << "no layout at all";
}

TEST(Answers, WhereAccountsComeLaterNobodyNeedsToBeNamed) {
    auto answers = defaults();
    EXPECT_TRUE(check_answers(answers, true, true).has_value());
    answers.user_ssh_keys = {kKey};
    EXPECT_FALSE(check_answers(answers, true, true).has_value()) << "keys of nobody";
}

TEST(Answers, SeveralFeaturesAreNamedInAFileOrByTheirFlag) {
    auto answers = defaults();
    ASSERT_TRUE(parse_answers(answers, "features = [\"cloud\", \"metal\"]\n", "x"));
    EXPECT_EQ(answers.features, (std::vector<std::string>{"cloud", "metal"}));
    const auto wrong = parse_answers(answers, "features = [\"../x\"]\n", "x");
    EXPECT_NE(render(wrong.error()).find("is not the name of a feature"), std::string::npos);
    for (const auto& field : schema()) {
        EXPECT_EQ(field.key == "features", field.flag() == "--feature") << field.key;
    }
}

TEST(Answers, StaticNetworkNeedsAnAddress) {
    auto answers = defaults();
    answers.root_password_hash = kHash;
    answers.network_method = "static";
    EXPECT_FALSE(check_answers(answers, true).has_value());
    answers.network_address = "192.0.2.1/24";
    EXPECT_TRUE(check_answers(answers, true).has_value());
    answers.network_method = "dhcp";
    EXPECT_FALSE(check_answers(answers, true).has_value());
}

TEST(Checks, RefuseWhatWouldBreakLater) {
    for (const auto* bad : {"", "-a", "a-", "a..b", "a_b", "a b"}) EXPECT_NE(check_hostname(bad), "") << bad;
    for (const auto* bad : {"/etc/passwd", "../UTC", "Europe//Berlin", ""}) EXPECT_NE(check_timezone(bad), "") << bad;
    for (const auto* bad : {"root", "Bob", "9lives", "", "a:b"}) EXPECT_NE(check_user_name(bad), "") << bad;
    for (const auto* bad : {"hunter2", "$1$weak$x", "", "$y$a:b"}) EXPECT_NE(check_password_hash(bad), "") << bad;
    EXPECT_NE(check_ssh_key("-----BEGIN OPENSSH PRIVATE KEY-----").find("private key"), std::string::npos);
    EXPECT_NE(check_ssh_key(kKey + "\nssh-rsa evil"), "");
    for (const auto* bad : {"192.0.2.1", "192.0.2.1/33", "x/24", "::1/129", "1.2.3/8"})
        EXPECT_NE(check_cidr(bad), "") << bad;
    for (const auto* bad : {"mirror1", "9pool", "", "a/b", "log"}) EXPECT_NE(check_pool_name(bad), "") << bad;
    for (const auto* bad : {"zstd-20", "lz5", ""}) EXPECT_NE(check_compression(bad), "") << bad;
    EXPECT_NE(check_command_line("quiet root=/dev/sda"), "");
    EXPECT_NE(check_interface("a/b"), "");
    for (const auto* bad : {"", "a\nb"}) EXPECT_NE(check_path(bad), "") << bad;
    const std::string digest(64, 'a');
    for (const auto& bad : {std::string(), digest + "a", digest.substr(1), "g" + digest.substr(1)})
        EXPECT_NE(check_sha256(bad), "") << bad;
    for (const auto* bad : {"", "packages", "ftp://x/y", "https://", "https://x y", "https://x\nTypes: deb", "/srv/x"})
        EXPECT_NE(check_repository(bad), "") << bad;
}

}  // namespace
}  // namespace kld::config
