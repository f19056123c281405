// SPDX-License-Identifier: BSD-3-Clause
// Properties of pools, datasets and snapshots that exist.
#include "change_fixture.h"

namespace kld::test {

namespace {

using nlohmann::json;

class Set : public ChangeTest {};

struct BadProperty {
    std::vector<std::string> arguments;
    int code;
    std::vector<std::string> words;
};

}  // namespace

TEST_F(Set, PropertiesOfADataset) {
    const std::vector<std::array<std::string, 3>> wanted = {
        {"org.zfsbootmenu:commandline", "ro quiet loglevel=4", "ro quiet loglevel=4"},
        {"com.sun:auto-snapshot", "false", "false"},
        {"empty:value", "", ""},
        {"compression", "zstd-3", "zstd-3"},
        {"mountpoint", "/srv/home", "/srv/home"},
        {"canmount", "noauto", "noauto"},
        {"atime", "off", "off"},
        {"recsize", "1M", "1048576"},
        {"quota", "300M", "314572800"},
        {"refquota", "200M", "209715200"},
        {"reservation", "10M", "10485760"},
        {"refreservation", "5M", "5242880"},
        {"filesystem_limit", "7", "7"},
        {"sharenfs", "off", "off"}};
    std::vector<std::string> arguments = {"--json"};
    for (const auto& [name, value, stored] : wanted) arguments.push_back(name + "=" + value);
    arguments.emplace_back("home");
    const auto output = change("set", arguments);
    ASSERT_EQ(output.exit_code, 0) << output.err;
    const auto told = json::parse(output.out);
    EXPECT_EQ(told["version"], 1);
    EXPECT_EQ(told["target"], "testpool/home");
    const auto now = properties_of("testpool/home");
    for (const auto& [name, value, stored] : wanted) {
        const std::string full = name == "recsize" ? "recordsize" : name;
        EXPECT_EQ(now[full]["value"], stored) << name;
        EXPECT_EQ(now[full]["source"], "local") << name;
        EXPECT_EQ(told["properties"][full]["value"], stored) << name;
    }
    EXPECT_EQ(properties_of("testpool/home@base")["org.zfsbootmenu:commandline"]["source"], "testpool/home");
    expect_clean();
    // None is what it says, and a value takes the place of another.
    ASSERT_EQ(change("set", {"quota=none", "refquota=none", "reservation=none", "refreservation=none", "atime=on",
                             "com.sun:auto-snapshot=true", "testpool/home"})
                  .exit_code,
              0);
    const auto later = properties_of("testpool/home");
    EXPECT_EQ(later["quota"]["value"], "0");
    EXPECT_EQ(later["atime"]["value"], "on");
    EXPECT_EQ(later["com.sun:auto-snapshot"]["value"], "true");
    expect_clean();
}

TEST_F(Set, PropertiesOfThePoolAndItsRootDataset) {
    auto output = change("set", {"bootfs=home", "autotrim=on", "failmode=continue", "testpool"});
    ASSERT_EQ(output.exit_code, 0) << output.err;
    EXPECT_NE(output.out.find("testpool: bootfs=testpool/home\n"), std::string::npos) << output.out;
    ASSERT_EQ(change("set", {"comment=a copy", "compatibility=legacy", "testpool"}).exit_code, 0);
    auto now = pool_properties();
    EXPECT_EQ(now["compatibility"]["value"], "legacy");
    EXPECT_EQ(now["bootfs"]["value"], "testpool/home");
    EXPECT_EQ(now["comment"]["value"], "a copy");
    EXPECT_EQ(now["autotrim"]["value"], "on");
    EXPECT_EQ(now["failmode"]["value"], "continue");
    ASSERT_EQ(change("set", {"bootfs=testpool/ROOT/default", "testpool"}).exit_code, 0);
    EXPECT_EQ(pool_properties()["bootfs"]["value"], "testpool/ROOT/default");
    output = change("set", {"bootfs=", "testpool"});
    ASSERT_EQ(output.exit_code, 0) << output.err;
    EXPECT_NE(output.out.find("testpool: bootfs=\n"), std::string::npos) << output.out;
    EXPECT_FALSE(pool_properties().contains("bootfs"));
    ASSERT_EQ(change("set", {"atime=off", "org.example:x=y", "testpool"}).exit_code, 0);
    EXPECT_EQ(properties_of("testpool/home")["atime"]["source"], "testpool");
    expect_clean();
}

TEST_F(Set, UserPropertiesOfASnapshot) {
    ASSERT_EQ(change("set", {"org.kldload:reason=x=y", "home@base"}).exit_code, 0);
    EXPECT_EQ(properties_of("testpool/home@base")["org.kldload:reason"]["value"], "x=y");
    EXPECT_EQ(properties_of("testpool/home@base")["org.kldload:reason"]["source"], "local");
    EXPECT_FALSE(properties_of("testpool/home").contains("org.kldload:reason"));
    expect_clean();
}

TEST_F(Set, WhatIsRefusedChangesNothing) {
    const std::vector<BadProperty> all = {
        {{"used=5", "home"}, 2, {"used=5", "read-only"}},
        {{"guid=5", "home"}, 2, {"guid=5", "read-only"}},
        {{"nosuch=5", "home"}, 2, {"nosuch=5", "no such property"}},
        {{"UPPER:case=5", "home"}, 2, {"UPPER:case=5", "lower-case"}},
        {{"a:" + std::string(300, 'a') + "=5", "home"}, 2, {"too long"}},
        {{"a:b=" + std::string(8192, 'a'), "home"}, 2, {"too long"}},
        {{"atime=off", "compression=lz5", "home"}, 2, {"compression=lz5", "lz4"}},
        {{"recordsize=3K", "home"}, 2, {"recordsize=3K", "power of 2"}},
        {{"recordsize=32M", "home"}, 2, {"recordsize=32M"}},
        {{"quota=much", "home"}, 2, {"quota=much", "number"}},
        {{"copies=4", "home"}, 2, {"copies=4"}},
        {{"mountpoint=home", "home"}, 2, {"mountpoint=home", "absolute"}},
        {{"normalization=formD", "home"}, 2, {"normalization=formD", "fixed"}},
        {{"casesensitivity=mixed", "home"}, 2, {"casesensitivity=mixed", "fixed"}},
        {{"encryption=on", "home"}, 2, {"encryption=on"}},
        {{"volsize=1G", "home"}, 2, {"volsize=1G", "file system"}},
        {{"userquota@0=1G", "home"}, 2, {"userquota@0=1G"}},
        {{"dedup=on", "home"}, 2, {"dedup=on"}},
        {{"version=4", "home"}, 2, {"version=4"}},
        {{"checksum=blake3", "ROOT/default"}, 2, {"blake3"}},
        {{"comment=x", "home"}, 2, {"comment=x", "no such property"}},
        {{"atime=off", "home@base"}, 2, {"atime=off", "snapshot"}},
        {{"a:b=c", "quota=1M", "ROOT/default"}, 1, {"quota of testpool/ROOT/default", "used"}},
        {{"a:b=c", "refquota=1M", "ROOT/default"}, 1, {"refquota of testpool/ROOT/default", "used"}},
        {{"a:b=c", "reservation=10G", "home"}, 1, {"reservation of testpool/home", "more than there is"}},
        {{"a:b=c", "refreservation=10G", "home"}, 1, {"refreservation of testpool/home", "more than there is"}},
        {{"quota=20M", "reservation=30M", "home"}, 1, {"testpool/home"}},
        {{"refquota=20M", "refreservation=30M", "home"}, 1, {"testpool/home"}},
        {{"atime=off", "nowhere"}, 1, {"testpool/nowhere", "no such dataset"}},
        {{"a:b=c", "home@nowhere"}, 1, {"testpool/home@nowhere", "no such dataset"}},
        {{"atime=off", "atime=on", "home"}, 2, {"atime", "twice"}},
        {{"recordsize=1M", "recsize=512K", "home"}, 2, {"recordsize", "twice"}},
        {{"atime=off"}, 2, {"PROPERTY=VALUE"}},
        {{"home"}, 2, {"PROPERTY=VALUE"}},
        {{"atime", "home"}, 2, {"atime"}},
        {{"=off", "home"}, 2, {"=off"}},
        {{"size=5", "testpool"}, 2, {"size=5", "read-only"}},
        {{"autotrim=perhaps", "testpool"}, 2, {"autotrim=perhaps"}},
        {{"comment=" + std::string(33, 'a'), "testpool"}, 2, {"too long"}},
        {{"comment=a\tb", "testpool"}, 2, {"comment", "printable"}},
        {{"bootfs=nowhere", "testpool"}, 2, {"bootfs=testpool/nowhere", "no such dataset"}},
        {{"bootfs=home@base", "testpool"}, 2, {"home@base", "snapshot"}},
        {{"feature@edonr=enabled", "testpool"}, 2, {"feature@edonr", "zpool upgrade"}},
        {{"multihost=on", "testpool"}, 2, {"multihost=on"}},
        {{"cachefile=/x", "testpool"}, 2, {"cachefile=/x"}},
        {{"ashift=9", "testpool"}, 2, {"ashift=9", "fixed"}},
        {{"compatibility=nosuch", "testpool"}, 2, {"nosuch"}},
        {{"comment=x", "atime=off", "testpool"}, 2, {"testpool", "together"}},
        {{"comment=x", "bootfs=home", "testpool"}, 2, {"comment", "together"}}};
    const auto before = seen();
    for (const auto& one : all) {
        SCOPED_TRACE(one.arguments.front().substr(0, 60));
        expect_refused(change("set", one.arguments), one.code, one.words);
    }
    EXPECT_EQ(seen(), before);
    EXPECT_EQ(listed()["label"]["state"], "exported");
    expect_clean();
}

TEST_F(Set, PropertiesWithoutTheirFeature) {
    auto changed = layout({{"compression", "off"}});
    changed["pool"]["compatibility"] = "legacy";
    create({"--force", "--layout", write_layout(changed), "--tree", at("tree")});
    for (const auto& [property, feature] :
         std::vector<std::pair<std::string, std::string>>{{"recordsize=1M", "large_blocks"},
                                                          {"dnodesize=auto", "large_dnode"},
                                                          {"compression=zstd", "zstd_compress"},
                                                          {"checksum=sha512", "sha512"},
                                                          {"filesystem_limit=5", "filesystem_limits"}})
        expect_refused(change("set", {property, "home"}), 2, {property, feature});
    // What comes from OpenZFS itself without the features for it.
    ASSERT_EQ(change("set", {"compression=gzip-9", "quota=100M", "home"}).exit_code, 0);
    ASSERT_EQ(change("reguid").exit_code, 0);
    ASSERT_EQ(change("apply", {"ROOT/default", "--remove", "etc/old"}).exit_code, 0);
    expect_clean();
}

}  // namespace kld::test
