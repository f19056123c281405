// SPDX-License-Identifier: BSD-3-Clause
// Features of the catalogue on machines: with a seed and without, and what a physical machine needs.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "vm/acceleration.h"
#include "vm/socket.h"
#include "vm/support/seed_disk.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class Cloud : public testing::Test {
protected:
    void make(const std::string& image, const std::string& user, const std::map<std::string, std::string>& seed) {
        auto options = test_image(image);
        KLD_ASSERT_OK(options);
        options->user = user;
        options->disk_bytes = kBigDisk;
        options->extra = {"-device",  "virtio-serial-pci",
                          "-chardev", "socket,id=agent,server=on,wait=off,path=" + agent(),
                          "-device",  "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"};
        if (!seed.empty()) {
            const auto drive = make_seed_disk(directory.path(), seed);
            KLD_ASSERT_OK(drive);
            options->more_drives.push_back(*drive);
        }
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
    }
    std::string agent() const { return directory.path() + "/agent.sock"; }

    /// What a hypervisor asks: the agent answers on its own channel, without a network.
    void expect_agent_answers() {
        auto channel = vm::connect_unix(agent(), std::chrono::seconds(10));
        KLD_ASSERT_OK(channel);
        KLD_ASSERT_OK(channel->write_all("{\"execute\":\"guest-ping\"}\n"));
        const auto said = vm::read_some(*channel, std::chrono::seconds(60));
        KLD_ASSERT_OK(said);
        EXPECT_EQ(nlohmann::json::parse(*said, nullptr, false), nlohmann::json::parse("{\"return\": {}}")) << *said;
    }

    TemporaryDirectory directory = TemporaryDirectory::make("/tmp").value();
    std::unique_ptr<Guest> guest;
};

/// cloud-init is done and has nothing to complain about.
void expect_seeded(const RootShell& shell) {
    const auto status = answer(shell, "cloud-init status --wait --long --format json");
    const auto said = nlohmann::json::parse(status, nullptr, false);
    EXPECT_EQ(said.value("status", ""), "done") << status;
    EXPECT_EQ(said.value("datasource", ""), "nocloud") << status;
    EXPECT_EQ(said.value("errors", nlohmann::json{}), nlohmann::json::array()) << status;
    EXPECT_EQ(said.value("recoverable_errors", nlohmann::json{}), nlohmann::json::object()) << status;
}

TEST_F(Cloud, ASeedMakesTheMachine) {
    const auto key = RealFiles().read(vm::default_cache_directory() + "/test-images/id_ed25519.pub");
    KLD_ASSERT_OK(key);
    ASSERT_NO_FATAL_FAILURE(
        make("debian-13-server-cloud", "ann",
             {{"meta-data", "instance-id: one\nlocal-hostname: seeded\n"},
              {"user-data",
               "#cloud-config\nusers:\n  - name: ann\n    shell: /bin/bash\n    sudo: ALL=(ALL) NOPASSWD:ALL\n"
               "    ssh_authorized_keys:\n      - " +
                   std::string(trim(*key)) + "\nruncmd:\n  - zpool list -H -p -o size rpool > /root/size\n"}}));
    const auto shell = over_ssh(*guest);
    std::string own;
    const std::string identity = "cat /etc/ssh/ssh_host_*_key.pub /etc/machine-id; hostname; getent hosts seeded";
    {
        SCOPED_TRACE("first boot");
        KLD_ASSERT_OK(guest->power_on());
        KLD_ASSERT_OK(guest->wait_for_ssh());
        expect_seeded(shell);
        expect_healthy(shell, kDefault);
        expect_stock(shell);
        expect_grown(shell);
        expect_agent_answers();
        own = answer(shell, identity);
        EXPECT_NE(own.find("\nseeded\n"), std::string::npos) << own;
        EXPECT_NE(own.find("127.0.1.1"), std::string::npos) << own;
        EXPECT_EQ(answer(shell, "journalctl -b -u kldload-firstboot | grep 'make ssh host keys' || true"), "")
            << "cloud-init had made them";
        EXPECT_EQ(answer(shell, "cat /root/size"), answer(shell, "zpool list -H -p -o size rpool"))
            << "a script of the seed runs when the pool has all of the disk";
        EXPECT_EQ(answer(shell, "stat -c %U /home/ann/.ssh/authorized_keys; id -nu 1000"), "ann\nadmin")
            << "the user of the answers stays";
        EXPECT_EQ(answer(shell, "systemctl is-active open-vm-tools || true"), "inactive") << "this is no VMware";
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
    }
    SCOPED_TRACE("second boot");
    KLD_ASSERT_OK(guest->power_on());
    KLD_ASSERT_OK(guest->wait_for_ssh());
    expect_seeded(shell);
    expect_healthy(shell, kDefault);
    EXPECT_EQ(answer(shell, identity), own) << "the same seed is the same machine";
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Cloud, WithoutASeedItDoesNotRun) {
    ASSERT_NO_FATAL_FAILURE(make("debian-13-server-cloud", "admin", {}));
    KLD_ASSERT_OK(guest->power_on());
    KLD_ASSERT_OK(guest->wait_for_ssh());
    const auto shell = over_ssh(*guest);
    expect_healthy(shell, kDefault);
    EXPECT_EQ(answer(shell, "hostname"), "debian-13-server-cloud");
    EXPECT_EQ(answer(shell, "cloud-init status || true"), "status: disabled");
    EXPECT_EQ(answer(shell, "systemctl list-units --all --no-legend --plain 'cloud-*' | grep -v ' inactive ' || true"),
              "");
    EXPECT_EQ(answer(shell, "journalctl -b -u kldload-firstboot | grep -q 'make ssh host keys' && echo made"), "made");
    EXPECT_EQ(answer(shell, "getent passwd debian || echo none"), "none") << "cloud-init would have made its own user";
    expect_agent_answers();
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Cloud, MetalHasMicrocodeInFrontAndASeedsNetwork) {
    ASSERT_NO_FATAL_FAILURE(
        make("debian-13-core-metal", "root",
             {{"meta-data", "instance-id: two\nlocal-hostname: metal\n"},
              {"user-data", "#cloud-config\nusers: []\n"},
              {"network-config",
               "version: 2\nethernets:\n  wired:\n    match: {macaddress: \"52:54:00:12:34:56\"}\n    addresses: "
               "[10.0.2.50/24]\n    routes: [{to: 0.0.0.0/0, via: 10.0.2.2}]\n"}}));
    KLD_ASSERT_OK(guest->power_on());
    auto console = guest->login("root", kRootPassword);
    KLD_ASSERT_OK(console);
    const auto shell = over_serial(*console);
    expect_seeded(shell);
    expect_healthy(shell, kDefault);
    expect_stock(shell);
    expect_grown(shell);
    EXPECT_EQ(answer(shell, "hostname"), "metal");
    EXPECT_EQ(answer(shell, "ip -4 -o addr show scope global | awk '{ print $4 }'"), "10.0.2.50/24");
    EXPECT_EQ(answer(shell, "ip -4 route show default | cut -d' ' -f3"), "10.0.2.2");
    const auto initramfs = answer(shell,
                                  "head -c 6 /boot/initrd.img-$(uname -r); echo; lsinitramfs /boot/initrd.img-* "
                                  "2>/dev/null | grep microcode/.*bin");
    EXPECT_EQ(initramfs, "070701\nkernel/x86/microcode/AuthenticAMD.bin\nkernel/x86/microcode/GenuineIntel.bin");
    EXPECT_NE(answer(shell, "cat /etc/apt/sources.list.d/debian.sources").find("main contrib non-free-firmware\n"),
              std::string::npos);
    answer(shell, "command -v smartctl nvme lspci lsusb ethtool dmidecode; ls /usr/lib/firmware/rtl_nic | head -n 1");
    EXPECT_EQ(answer(shell, "systemctl is-enabled smartmontools"), "enabled");
    KLD_ASSERT_OK(guest->shut_down(*console));
}

}  // namespace
}  // namespace kld::test
