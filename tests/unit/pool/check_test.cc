// SPDX-License-Identifier: BSD-3-Clause
// What is wrong with a pool is named, and nothing that is right.
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "made_tar.h"
#include "pool/pool_source.h"
#include "pool_fixture.h"
#include "support/torture_tree.h"

namespace kld::test {

namespace {

class Check : public PoolTest {
protected:
    void SetUp() override {
        RealFiles files;
        ASSERT_TRUE(files.make_directories(at("tree/home/user")));
        write("tree/home/user/notes", torture_bytes(1 << 20, 1));
    }
#ifdef KLD_TAMPER
    void create_tampered(const std::vector<std::string>& more = {},
                         const nlohmann::json& root = nlohmann::json::object()) {
        std::vector<std::string> all = {
            "create", "--image", at("image"), "--size", "512M", "--layout", write_layout(layout(root)),
            "--tree", at("tree")};
        all.insert(all.end(), more.begin(), more.end());
        const auto made = pool(all, {"env", std::string("LD_PRELOAD=") + KLD_TAMPER});
        ASSERT_EQ(made.exit_code, 0) << made.err;
    }
#endif
};

}  // namespace

TEST_F(Check, ADamagedFileIsNamed) {
    create({"--layout", write_layout(layout({{"compression", "off"}})), "--tree", at("tree")});
    const auto image = Fd::open(at("image"), O_RDWR);
    const std::string start = torture_bytes(512, 1);
    std::uint64_t place = 0;
    while (*image->read_at(512, place) != start) ASSERT_LT(place += 512, 512ULL << 20);
    ASSERT_TRUE(image->write_at("damage", place + 1000));
    const auto output = pool({"check", "--image", at("image")});
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_NE(output.err.find("testpool/home /user/notes"), std::string::npos) << output.err;
    EXPECT_NE(output.err.find("checksum error"), std::string::npos) << output.err;
    EXPECT_EQ(pool({"cat", "--image", at("image"), "home", "/user/notes"}).exit_code, 1);
}

#ifdef KLD_TAMPER
TEST_F(Check, BlocksInPiecesAreNoDamage) {
    write("tree/large", torture_bytes(64 << 20, 2));
    create_tampered();
    const auto output = pool({"check", "--image", at("image"), "--json"});
    EXPECT_EQ(output.exit_code, 0) << output.err;
    EXPECT_EQ(nlohmann::json::parse(output.out)["space_not_compared"], "the pool has ganged blocks");
    extract("back");
    EXPECT_EQ(difference("tree/large", "back/large"), "");
}

TEST_F(Check, NamesThatLeadOutOfTheirDirectory) {
    write("tree/home/EVIL", "x");
    create_tampered();
    const auto tar = pool({"extract", "--image", at("image"), "home", "--tar", at("tar")});
    EXPECT_EQ(tar.exit_code, 1);
    EXPECT_NE(tar.err.find("../evil"), std::string::npos) << tar.err;
    EXPECT_EQ(pool({"extract", "--image", at("image"), "home", "--to", at("to")}).exit_code, 1);
    RealFiles files;
    EXPECT_FALSE(files.exists(at("evil")));
}

TEST_F(Check, AnXattrWhoseSizeIsDamagedTakesNoMemory) {
    write("overlay",
          made_tar({{"home", '5'}, {"home/x", '0', "", "", {{"SCHILY.xattr.user.a", std::string(12345, 'a')}}}}));
    create_tampered({"--overlay", at("overlay")}, {{"xattr", "on"}});
    const auto output = pool({"ls", "--json", "--image", at("image"), "home"});
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_NE(output.err.find("/x"), std::string::npos) << output.err;
    EXPECT_NE(output.err.find("too large"), std::string::npos) << output.err;
}
#endif

TEST_F(Check, AnImageThatWasCutShort) {
    create({"--layout", write_layout(layout()), "--tree", at("tree")});
    ASSERT_EQ(::truncate(at("image").c_str(), 300 << 20), 0);
    const auto output = pool({"list", "--image", at("image")});
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_NE(output.err.find("its end is missing"), std::string::npos) << output.err;
}

TEST_F(Check, ATarFileThatIsTheImage) {
    create({"--layout", write_layout(layout()), "--tree", at("tree")});
    const auto output = pool({"extract", "--image", at("image"), "home", "--tar", at("tree/../image")});
    EXPECT_EQ(output.exit_code, 2);
    EXPECT_EQ(pool({"list", "--image", at("image")}).exit_code, 0);
}

TEST_F(Check, ADatasetThatTheTreeHasNoPlaceFor) {
    create({"--layout", write_layout(layout()), "--tree", at("tree")});
    // Who opens a pool in a process must end it without taking anything down.
    const auto open = [this](const std::string& path) {
        const auto pool = pool::OpenPool::open({at("image"), 0, 0});
        if (!pool) ::_exit(1);
        const auto source = pool::PoolSource::open(*pool, {{"", "ROOT/default"}, {path, "home"}}, "");
        ::_exit(source ? 10 : source.error().message.find("/" + path) != std::string::npos ? 20 : 2);
    };
    EXPECT_EXIT(open("home"), ::testing::ExitedWithCode(10), "");
    EXPECT_EXIT(open("nosuch"), ::testing::ExitedWithCode(20), "");
}

}  // namespace kld::test
