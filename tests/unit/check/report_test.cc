// SPDX-License-Identifier: BSD-3-Clause
#include "check/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "check/sources.h"

namespace kld::check {
namespace {

Report sample() {
    return {
        "disk.raw",
        "image",
        {{"B01", "root import in the initramfs", Status::pass, "rpool/ROOT/default", {}, "all there"},
         {"B02", "ZFS modules in the initramfs", Status::fail, "rpool/ROOT/default", "6.1-x", "no zfs.ko", "rebuild"},
         {"B05", "kernels that ZFS supports", Status::not_applicable, {}, {}, "no source"},
         {"B33", "free space", Status::warn, {}, {}, "1.0 MiB are free", "destroy snapshots"},
         {"B25", "pool features", Status::unknown, {}, {}, "no list"}}};
}

}  // namespace

TEST(Report, TextShowsWhatFires) {
    EXPECT_EQ(to_text(sample(), false),
              "fail    B02 ZFS modules in the initramfs (rpool/ROOT/default, 6.1-x)\n"
              "        no zfs.ko\n"
              "        fix: rebuild\n"
              "warn    B33 free space\n"
              "        1.0 MiB are free\n"
              "        fix: destroy snapshots\n"
              "unknown B25 pool features\n"
              "        no list\n"
              "disk.raw: 1 passed, 1 warnings, 1 failed, 1 unknown, 1 not applicable\n");
    EXPECT_NE(to_text(sample(), true).find("-       B05 kernels that ZFS supports\n"), std::string::npos);
}

TEST(Report, JsonHasEveryRow) {
    const auto parsed = nlohmann::json::parse(to_json(sample()));
    EXPECT_EQ(parsed["version"], 1);
    EXPECT_EQ(parsed["subject"], "disk.raw");
    EXPECT_EQ(parsed["kind"], "image");
    ASSERT_EQ(parsed["results"].size(), 5U);
    EXPECT_EQ(parsed["results"][1]["status"], "fail");
    EXPECT_EQ(parsed["results"][1]["kernel"], "6.1-x");
    EXPECT_EQ(parsed["results"][2]["status"], "not applicable");
    EXPECT_EQ(parsed["summary"]["warn"], 1);
}

TEST(Report, TheExitCodeIsTheWorst) {
    auto report = sample();
    EXPECT_EQ(report.exit_code(), ExitCode::failed);
    report.findings.erase(report.findings.begin() + 1);
    EXPECT_EQ(report.exit_code(), ExitCode::unknown);
    report.findings.pop_back();
    EXPECT_EQ(report.exit_code(), ExitCode::done) << "a warning is no failure";
}

TEST(Report, AnErrorNamesWhatFailed) {
    const auto error = to_error(sample());
    ASSERT_EQ(error.details.size(), 2U);
    EXPECT_EQ(error.details[0], "B02 ZFS modules in the initramfs (rpool/ROOT/default, 6.1-x): no zfs.ko");
    EXPECT_EQ(error.hint, "rebuild");
}

TEST(Sources, APoolIsReadAsItIsPrinted) {
    const auto pool = parse_pool(R"({"version": 1, "pool": {"name": "rpool", "properties": {
        "bootfs": {"value": "rpool/ROOT/default", "source": "local"}}},
        "label": {"state": "exported", "hostid": 7, "hostname": "localhost", "txg": 4},
        "datasets": [{"name": "rpool/ROOT", "type": "filesystem", "properties": {"a:b": {"value": "x", "source": "rpool"}}},
                     {"name": "rpool/ROOT@base", "type": "snapshot", "properties": {}}]})");
    ASSERT_TRUE(pool.has_value());
    EXPECT_EQ(pool->name, "rpool");
    EXPECT_EQ(pool->value("bootfs"), "rpool/ROOT/default");
    EXPECT_EQ(pool->value("unheard-of"), "-");
    EXPECT_EQ(pool->label->state, "exported");
    EXPECT_EQ(pool->label->hostid, 7U);
    ASSERT_EQ(pool->datasets.size(), 1U);
    EXPECT_EQ(pool->datasets[0].properties.at("a:b").source, "inherited from rpool");
    ASSERT_EQ(pool->snapshots.size(), 1U);
    for (const auto* bad : {"", "[]", "{\"version\": 1}"}) EXPECT_FALSE(parse_pool(bad).has_value()) << bad;
}

}  // namespace kld::check
