// SPDX-License-Identifier: BSD-3-Clause
// A machine as its files and tools tell it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "status/probe.h"
#include "support/fakes.h"

namespace kld::status::test {

/// tests/data/status/<name>
inline std::string sample(const std::string& name) {
    const auto text = RealFiles().read(std::string(KLD_TEST_DATA) + "/status/" + name);
    return text ? *text : "no such sample: " + name;
}

/// Times of zpool are local ones.
inline void use_utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
}

/// Fri Nov 27 04:00:00 2026
inline constexpr std::time_t kNow = 1795752000;

inline const std::vector<std::string> kStatus{"zpool", "status", "-p"};
inline const std::vector<std::string> kList{"zpool", "list", "-Hp", "-o",
                                            "name,size,allocated,free,fragmentation,bootfs,readonly"};
inline const std::vector<std::string> kUnits{"systemctl", "--failed", "--no-legend", "--plain"};
inline const std::vector<std::string> kDatasets{
    "zfs",
    "list",
    "-Hp",
    "-t",
    "filesystem,volume",
    "-o",
    "name,compressratio,usedbysnapshots,mountpoint,canmount,org.zfsbootmenu:active,org.zfsbootmenu:kernel"};
inline const std::vector<std::string> kSnapshots{"zfs", "list", "-Hp", "-t", "snapshot", "-o", "name,createtxg"};
inline const std::vector<std::string> kCreation{
    "zfs", "get", "-Hp", "-o", "name,value", "creation", "rpool/ROOT/default@kpkg-20261127-031203"};

/// Files of a machine that is well.
inline kld::test::FakeFiles healthy_files() {
    kld::test::FakeFiles files;
    const auto put = [&](const char* path, const std::string& text) { files.entries[path] = {text}; };
    put("/proc/sys/kernel/hostname", "web1\n");
    put("/proc/sys/kernel/osrelease", "6.12.107+deb13-amd64\n");
    put("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n");
    put("/proc/spl/kstat/zfs/arcstats", sample("zfs-2.3/arcstats.txt"));
    put("/proc/spl/kstat/zfs/rpool/state", "ONLINE\n");
    put("/proc/meminfo",
        "MemTotal:        8106508 kB\nMemFree:         2310044 kB\nMemAvailable:    5892116 kB\nHugePages_Total:       "
        "0\n");
    put("/sys/devices/system/cpu/online", "0-3\n");
    put("/proc/loadavg", "0.12 0.20 0.15 1/312 40211\n");
    put("/proc/uptime", "1047604.21 4012230.80\n");
    put("/proc/self/mountinfo",
        "24 1 0:22 / / rw,relatime shared:1 - zfs rpool/ROOT/default rw,xattr,posixacl\n"
        "31 24 0:26 / /proc rw,nosuid shared:12 - proc proc rw\n"
        "52 24 0:41 / /home rw,relatime shared:29 - zfs rpool/home rw,xattr,posixacl\n");
    put("/boot/vmlinuz-6.12.107+deb13-amd64", "");
    put("/boot/initrd.img-6.12.107+deb13-amd64", "");
    put("/lib/modules/6.12.107+deb13-amd64/modules.dep", "");
    put("/var/log/kldload/transactions.jsonl",
        R"({"version":1,"id":"kpkg-20261126-101500","time":1795688100,"user":"root","argv":["kpkg","upgrade"],)"
        R"("snapshot":"rpool/ROOT/default@kpkg-20261126-101500","result":"failed","exit_code":100,"changes":[]})"
        "\n"
        R"({"version":1,"id":"kpkg-20261127-031203","time":1795749123,"user":"root","argv":["kpkg","install","nginx"],)"
        R"("snapshot":"rpool/ROOT/default@kpkg-20261127-031203","result":"done","exit_code":0,)"
        R"("changes":[{"package":"nginx","before":null,"after":"1.26-1"}]})"
        "\n");
    EXPECT_TRUE(files.make_directories("/run/systemd/system"));
    return files;
}

inline void expect_healthy(kld::test::ReplayRunner& runner) {
    runner.expect(kStatus, sample("zfs-2.1/status-healthy.txt"));
    runner.expect(kList, sample("zfs-2.3/list.txt"));
    runner.expect(kUnits, "");
    runner.expect(kDatasets, sample("zfs-2.3/datasets.txt"));
    runner.expect(kSnapshots, sample("zfs-2.3/snapshots.txt"));
    runner.expect(kCreation, "rpool/ROOT/default@kpkg-20261127-031203\t1795749123\n");
}

/// The state of the healthy machine, at kNow.
inline State healthy_state() {
    use_utc();
    kld::test::ReplayRunner runner;
    auto files = healthy_files();
    expect_healthy(runner);
    auto state = probe(runner, files);
    state.now = kNow;
    return state;
}

}  // namespace kld::status::test
