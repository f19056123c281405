// SPDX-License-Identifier: BSD-3-Clause
#include "image/personalise.h"

#include <gtest/gtest.h>

#include "config/schema.h"
#include "image/network.h"
#include "image/tar.h"
#include "support/fakes.h"

namespace kld::image {
namespace {

struct Written {
    std::map<std::string, TarEntry> entries;
    std::map<std::string, std::string> bytes;
};

Written read_back(const std::string& path) {
    Written written;
    const auto done = read_tar(path, [&](const TarEntry& entry, const auto& content) -> Status {
        written.entries[entry.path] = entry;
        KLD_TRY(written.bytes[entry.path], content());
        return {};
    });
    EXPECT_TRUE(done.has_value()) << render(done.error());
    return written;
}

TreeFacts tree() {
    TreeFacts facts;
    facts.files = {{"etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"},
                   {"etc/shadow", "root:*:1:0:99999:7:::\n"},
                   {"etc/group", "root:x:0:\nsudo:x:27:\n"},
                   {"etc/gshadow", "root:*::\nsudo:*::\n"},
                   {"etc/skel/.bashrc", "# rc\n"}};
    facts.paths = {"usr/share/zoneinfo/Europe/Berlin", "usr/share/zoneinfo/UTC", "etc/sudoers.d"};
    return facts;
}

Personalisation wish() {
    Personalisation made{.answers = config::defaults(), .profile = {}, .esp_partuuid = "ABCD-EF"};
    made.profile.network = "ifupdown";
    made.answers.user_name = "ann";
    made.answers.user_ssh_keys = {"ssh-ed25519 AAAAkey ann"};
    made.time = 1700000000;
    return made;
}

class Overlay : public testing::Test {
protected:
    Result<Written> write(const TreeFacts& facts, const Personalisation& wish) {
        const auto path = directory_.path() + "/overlay.tar";
        KLD_CHECK(write_overlay(facts, wish, path));
        return read_back(path);
    }
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
};

TEST_F(Overlay, MakesAMachineOfItsOwn) {
    auto mine = wish();
    mine.answers.hostname = "web1.example.org";
    mine.answers.timezone = "Europe/Berlin";
    const auto written = write(tree(), mine);
    ASSERT_TRUE(written.has_value()) << render(written.error());
    EXPECT_EQ(written->bytes.at("etc/hostname"), "web1\n");
    EXPECT_NE(written->bytes.at("etc/hosts").find("127.0.1.1\tweb1.example.org web1\n"), std::string::npos);
    EXPECT_EQ(written->entries.at("etc/localtime").link, "/usr/share/zoneinfo/Europe/Berlin");
    EXPECT_EQ(written->bytes.at("etc/machine-id"), "");
    EXPECT_NE(written->bytes.at("etc/fstab").find("PARTUUID=abcd-ef /boot/efi vfat umask=0077,nofail"),
              std::string::npos);
    EXPECT_TRUE(written->entries.contains("var/lib/kldload/first-boot"));
    EXPECT_EQ(written->entries.at("etc/shadow").mode & 0777U, 0640U);
    EXPECT_EQ(written->entries.at("etc/shadow").gid, 42U);
}

TEST_F(Overlay, UserOwnsHomeAndKeysAndMaySudoWithoutThePasswordHeHasNot) {
    const auto written = write(tree(), wish());
    ASSERT_TRUE(written.has_value());
    const auto& keys = written->entries.at("home/ann/.ssh/authorized_keys");
    EXPECT_EQ(keys.uid, 1000U);
    EXPECT_EQ(keys.mode & 0777U, 0600U);
    EXPECT_EQ(written->entries.at("home/ann").mode & 0777U, 0700U);
    EXPECT_EQ(written->bytes.at("home/ann/.bashrc"), "# rc\n");
    EXPECT_NE(written->bytes.at("etc/sudoers.d/90-ann").find("NOPASSWD"), std::string::npos);
    auto careful = wish();
    careful.answers.user_password_hash = "$y$x";
    EXPECT_FALSE(write(tree(), careful)->entries.contains("etc/sudoers.d/90-ann"));
}

TEST_F(Overlay, RefusesAnOpenAccountAndAnUnknownTimeZone) {
    auto open = tree();
    open.files["etc/shadow"] += "guest::1::::::\n";
    const auto refused = write(open, wish());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    auto lost = wish();
    lost.answers.timezone = "Mars/Olympus";
    EXPECT_FALSE(write(tree(), lost).has_value());
}

TEST(Network, InterfacesMatchEveryWiredOneUnlessNamed) {
    auto answers = config::defaults();
    EXPECT_NE(ifupdown(answers, false)[0].text.find("auto /en*=wired /eth*=wired\n"), std::string::npos);
    answers.network_interface = "enp1s0";
    answers.network_method = "static";
    answers.network_address = "192.0.2.10/24";
    answers.network_gateway = "192.0.2.1";
    const auto text = ifupdown(answers, false)[0].text;
    EXPECT_NE(text.find("auto enp1s0\niface enp1s0 inet static\n    address 192.0.2.10/24\n    gateway 192.0.2.1\n"),
              std::string::npos)
        << text;
}

TEST_F(Overlay, ASeedMayBringTheNetworkUnlessTheAnswersDecided) {
    auto seeded = tree();
    seeded.paths.insert("etc/cloud/cloud.cfg.d");
    const std::string ours = "etc/cloud/cloud.cfg.d/91_kldload_machine.cfg";
    const std::string theirs = "etc/network/interfaces.d/50-cloud-init";
    auto open = wish();
    open.profile.ssh = true;
    const auto free = write(seeded, open);
    ASSERT_TRUE(free.has_value());
    EXPECT_EQ(free->bytes.at("etc/network/interfaces"), "# interfaces(5)\nsource /etc/network/interfaces.d/*\n");
    EXPECT_NE(free->bytes.at(theirs).find("auto /en*=wired"), std::string::npos) << "what cloud-init writes over";
    EXPECT_FALSE(free->entries.contains(ours));

    auto named = open;
    named.answers.network_interface = "enp1s0";
    const auto decided = write(seeded, named);
    EXPECT_EQ(decided->bytes.at(ours), "network: {config: disabled}\n");
    EXPECT_NE(decided->bytes.at("etc/network/interfaces").find("auto enp1s0"), std::string::npos);
    EXPECT_FALSE(decided->entries.contains(theirs));
    EXPECT_FALSE(write(tree(), named)->entries.contains(ours)) << "there is no cloud-init to be told";

    named.profile.network = "networkmanager";
    EXPECT_TRUE(write(seeded, named)->entries.contains(ours));
}

TEST_F(Overlay, ASeedMakesNoHostKeysWithoutAnSshServer) {
    auto seeded = tree();
    seeded.paths.insert("etc/cloud/cloud.cfg.d");
    EXPECT_EQ(write(seeded, wish())->bytes.at("etc/cloud/cloud.cfg.d/91_kldload_machine.cfg"), "ssh_genkeytypes: []\n");
}

TEST(Network, NetworkManagerNeedsNoFileForItsOwnDefault) {
    auto answers = config::defaults();
    EXPECT_TRUE(network_manager(answers).path.empty());
    answers.network_method = "static";
    answers.network_address = "2001:db8::2/64";
    answers.network_dns = {"192.0.2.53", "2001:db8::53"};
    const auto file = network_manager(answers);
    EXPECT_EQ(file.mode, 0600U) << "NetworkManager refuses one that others may read";
    EXPECT_NE(file.text.find("[ipv6]\nmethod=manual\naddress1=2001:db8::2/64\ndns=2001:db8::53;\n"), std::string::npos)
        << file.text;
    EXPECT_NE(file.text.find("[ipv4]\nmethod=auto\n"), std::string::npos) << file.text;
}

TEST(TreeFacts, ATarThatIsNoRootTreeIsRefused) {
    auto directory = TemporaryDirectory::make("/tmp").value();
    const auto path = directory.path() + "/x.tar";
    auto tar = TarWriter::create(path, 1);
    ASSERT_TRUE(tar.has_value());
    ASSERT_TRUE(tar->file("hello", "x"));
    ASSERT_TRUE(tar->finish());
    const auto facts = read_tree_facts(path);
    ASSERT_FALSE(facts.has_value());
    EXPECT_NE(facts.error().message.find("no etc/passwd"), std::string::npos);
    EXPECT_FALSE(read_tree_facts(directory.path() + "/none.tar").has_value());
}

}  // namespace
}  // namespace kld::image
