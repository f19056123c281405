// SPDX-License-Identifier: BSD-3-Clause
#include "vm/qmp.h"

#include <nlohmann/json.hpp>

#include "socket_pair.h"

namespace kld::vm {
namespace {

using namespace std::chrono_literals;
constexpr const char* kGreeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n{\"return\": {}}\r\n";

TEST(Qmp, NegotiatesThenExecutes) {
    test::SocketPair pair;
    pair.say(kGreeting);
    auto qmp = Qmp::open(std::move(pair.theirs), 1s);
    ASSERT_TRUE(qmp) << render(qmp.error());
    pair.say("{\"event\": \"RESUME\"}\r\n{\"return\": {\"status\": \"running\"}}\r\n");
    const auto answer = qmp->execute("screendump", {{"filename", "/a b"}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("status"), "running");
    EXPECT_EQ(
        pair.heard(),
        "{\"execute\":\"qmp_capabilities\"}\n{\"arguments\":{\"filename\":\"/a b\"},\"execute\":\"screendump\"}\n");
}

TEST(Qmp, RefusalCarriesTheReason) {
    test::SocketPair pair;
    pair.say(kGreeting);
    auto qmp = Qmp::open(std::move(pair.theirs), 1s);
    ASSERT_TRUE(qmp);
    pair.say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such device\"}}\n");
    EXPECT_EQ(qmp->execute("eject").error().message, "QEMU refused 'eject': no such device");
}

TEST(Qmp, StrangersAndSilenceAreErrors) {
    test::SocketPair stranger;
    stranger.say("{\"hello\": 1}\n");
    EXPECT_NE(Qmp::open(std::move(stranger.theirs), 1s).error().message.find("no QEMU monitor"), std::string::npos);
    test::SocketPair garbage;
    garbage.say("SSH-2.0-OpenSSH\n");
    EXPECT_NE(Qmp::open(std::move(garbage.theirs), 1s).error().message.find("no JSON"), std::string::npos);
    test::SocketPair silent;
    EXPECT_NE(Qmp::open(std::move(silent.theirs), 20ms).error().message.find("no answer"), std::string::npos);
    test::SocketPair closed;
    closed.ours.reset();
    EXPECT_NE(Qmp::open(std::move(closed.theirs), 1s).error().message.find("closed"), std::string::npos);
}

}  // namespace
}  // namespace kld::vm
