// SPDX-License-Identifier: BSD-3-Clause
// Streams of a small tree, by the real kldload-pool.
#include "pipeline/golden.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/fakes.h"

namespace kld::pipeline {
namespace {

class GoldenStreams : public testing::Test {
protected:
    void SetUp() override {
        const auto tree = directory_.path() + "/tree";
        for (const char* name : {"/etc", "/home", "/root", "/srv", "/var/log", "/var/cache", "/var/tmp"})
            ASSERT_TRUE(files_.make_directories(tree + name));
        for (const char* name : {"issue", "passwd", "group", "shadow", "gshadow"})
            ASSERT_TRUE(files_.write(tree + "/etc/" + name, "hello\n"));
        ASSERT_TRUE(files_.write(tree + "/root/.profile", "true\n"));
        ASSERT_TRUE(runner_.run({.argv = {"tar", "-C", tree, "-cf", tree_.tar, "."}}));
        distro_ = catalog::find_distro(files_, std::string(KLD_SOURCE_DIR) + "/catalog", "debian-13").value();
    }
    Result<Golden> make(Runner& runner, const std::string& compression = "lz4") {
        Build build{runner, files_, events_, {.cache = cache_, .keys = {}, .data = {}, .programs = KLD_BIN_DIR}};
        return golden_streams(build, distro_, tree_, compression);
    }
    std::vector<std::string> pool(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), std::string(KLD_BIN_DIR) + "/kldload-pool");
        return arguments;
    }

    RealFiles files_{};
    ProcessRunner runner_{};
    test::CaptureEvents events_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    Tree tree_{directory_.path() + "/tree.tar", directory_.path() + "/manifest.json"};
    std::string cache_ = directory_.path() + "/cache";
    catalog::Distro distro_{};
};

TEST_F(GoldenStreams, AreMadeOnceAndCanBeReceived) {
    const auto golden = make(runner_);
    ASSERT_TRUE(golden.has_value()) << render(golden.error());
    // No program runs for what is in the cache.
    test::ReplayRunner nobody;
    const auto again = make(nobody);
    ASSERT_TRUE(again.has_value()) << render(again.error());
    EXPECT_EQ(again->streams, golden->streams);
    EXPECT_EQ(golden->streams.size(), 7U);

    auto layout = nlohmann::json::parse(files_.read(golden->directory + "/layout.json").value());
    layout.erase("snapshot");
    const auto image = directory_.path() + "/image", layout_path = directory_.path() + "/layout.json";
    ASSERT_TRUE(files_.write(layout_path, layout.dump()));
    auto receive = pool({"receive", "--image", image, "--size", "256M", "--layout", layout_path});
    for (const auto& stream : golden->streams) receive.insert(receive.end(), {"--stream", stream});
    const auto received = runner_.run({.argv = receive});
    ASSERT_TRUE(received.has_value()) << render(received.error());
    const auto listed = runner_.run({.argv = pool({"list", "--image", image})});
    EXPECT_NE(listed->out.find("golden/ROOT/default@base"), std::string::npos) << listed->out;
    EXPECT_EQ(runner_.run({.argv = pool({"cat", "--image", image, "root@base", ".profile"})})->out, "true\n");
}

TEST_F(GoldenStreams, TheSameInputsGiveTheSameBytes) {
    const auto first = make(runner_).value();
    cache_ = directory_.path() + "/another-cache";
    const auto second = make(runner_).value();
    ASSERT_NE(first.directory, second.directory);
    const auto name = [](const std::string& stream) { return stream.substr(stream.find('=') + 1); };
    for (std::size_t i = 0; i < first.streams.size(); ++i)
        EXPECT_TRUE(files_.read(name(first.streams[i])).value() == files_.read(name(second.streams[i])).value())
            << first.streams[i];
}

TEST_F(GoldenStreams, OtherInputsGiveOthers) {
    const auto first = make(runner_), second = make(runner_, "zstd");
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->directory, second->directory);
}

TEST_F(GoldenStreams, AFailureLeavesNothing) {
    ASSERT_TRUE(files_.write(tree_.tar, "this is no tar"));
    EXPECT_FALSE(make(runner_).has_value());
    const auto left = files_.list(cache_ + "/streams").value();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_TRUE(left[0].ends_with(".lock")) << left[0];
}

}  // namespace
}  // namespace kld::pipeline
