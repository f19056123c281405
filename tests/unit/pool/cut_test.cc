// SPDX-License-Identifier: BSD-3-Clause
// Changes of a pool that are cut short at any write or flush, by a kill or with the power: the pool is as before or as
// it should be, at once and after the next change of it.
#include <fcntl.h>

#include <chrono>
#include <cstring>
#include <random>

#include "base/fd.h"
#include "change_fixture.h"
#include "made_tar.h"
#include "support/torture_tree.h"

#ifdef KLD_CUT

namespace kld::test {

namespace {

using namespace std::chrono_literals;

class Cut : public ChangeTest {
protected:
    using Words = std::vector<std::string>;

    void SetUp() override {
        ChangeTest::SetUp();
        write("count", std::string(8, '\0'));
        std::vector<Tarred> overlay = {{"etc/old", '0', "", "was a directory"}, {"usr/bin/link", '1', "usr/bin/tool"}};
        for (unsigned i = 0; i < 200; ++i)
            overlay.push_back({"etc/new-" + std::to_string(i), '0', "", torture_bytes(20000 + 997 * i, i)});
        write("overlay", made_tar(overlay));
    }
    /// Runs a verb and cuts it at this write or flush, with `lose` the power, too. @returns how many it came to
    std::uint64_t cut(const Words& verb, std::uint64_t where, std::uint64_t lose) {
        write("count", std::string(8, '\0'));
        Words argv = {"env",
                      std::string("LD_PRELOAD=") + KLD_CUT,
                      "KLD_CUT_COUNT=" + at("count"),
                      "KLD_CUT_AT=" + std::to_string(where),
                      "KLD_CUT_LOSE=" + std::to_string(lose),
                      program(),
                      verb.front(),
                      "--image",
                      at("image")};
        argv.insert(argv.end(), verb.begin() + 1, verb.end());
        const auto log = Fd::open(at("log"), O_WRONLY | O_CREAT | O_TRUNC);
        auto process = Background::start(argv, log->get());
        EXPECT_TRUE(process.has_value() && process->wait(60s));
        std::uint64_t count = 0;
        const std::string bytes = *RealFiles().read(at("count"));
        std::memcpy(&count, bytes.data(), sizeof count);
        return count;
    }
    /// Cuts at this many points, of which half lie in the last fifth, and half go with the power. The first line of
    /// what is seen may differ from that of every other run.
    void cut_everywhere(const Words& verb, std::size_t points);
};

std::string without_guid(const std::string& text) {
    return text.substr(text.find("\n") + 1);
}

void Cut::cut_everywhere(const Words& verb, std::size_t points) {
    copy("image", "kept");
    const auto before = seen();
    const auto all = cut(verb, 0, 0);
    const auto after = seen();
    ASSERT_NE(before, after) << *RealFiles().read(at("log"));
    std::mt19937_64 chance(1);
    std::size_t old_ones = 0, new_ones = 0;
    for (std::size_t i = 0; i < points; ++i) {
        const std::uint64_t first = i % 4 < 2 ? 1 : all * 4 / 5;
        std::uint64_t where = first + chance() % (all - first);
        const std::uint64_t lose = i % 2 == 0 ? 0 : chance() | 1;
        copy("kept", "image");
        bool reached = cut(verb, where, lose) == where;
        // How many writes there are depends on time: a run may end before it comes to the last of another.
        for (int again = 0; !reached && again < 8; ++again) {
            where = where * 7 / 8;
            copy("kept", "image");
            reached = cut(verb, where, lose) == where;
        }
        SCOPED_TRACE("cut at " + std::to_string(where) + " of " + std::to_string(all) + ", lose " +
                     std::to_string(lose));
        const auto now = seen();
        const bool is_old = now == before, is_new = !is_old && without_guid(now) == without_guid(after);
        ASSERT_TRUE(is_old || is_new) << now;
        old_ones += reached && is_old ? 1 : 0;
        new_ones += reached && is_new ? 1 : 0;
        const auto checked = pool({"check", "--image", at("image")});
        ASSERT_EQ(checked.exit_code, 0) << checked.err;
        // What holds already.
        const auto next = change("set", {"canmount=off", "var"});
        ASSERT_EQ(next.exit_code, 0) << next.err;
        ASSERT_EQ(seen(), now);
        const auto list = listed();
        ASSERT_EQ(list.dump().find("kldload-apply"), std::string::npos);
        ASSERT_EQ(list["label"]["state"], "exported");
        ASSERT_NO_FATAL_FAILURE(expect_clean("image", i % 12 == 11));
    }
    std::printf("%llu writes and flushes; %zu cuts before it held, %zu after\n", static_cast<unsigned long long>(all),
                old_ones, new_ones);
    EXPECT_GT(old_ones + new_ones, points / 2);
}

}  // namespace

TEST_F(Cut, Apply) {
    cut_everywhere({"apply", "ROOT/default", at("overlay"), "--remove", "usr/bin/tool-again"}, 24);
}

TEST_F(Cut, Set) {
    cut_everywhere({"set", "compression=zstd", "quota=100M", "refreservation=1M", "org.zfsbootmenu:commandline=quiet",
                    "filesystem_limit=3", "home"},
                   8);
}

TEST_F(Cut, SetOfThePool) {
    cut_everywhere({"set", "bootfs=home", "autotrim=on", "testpool"}, 8);
}

TEST_F(Cut, SetInTheLabels) {
    cut_everywhere({"set", "comment=a copy", "compatibility=legacy", "testpool"}, 8);
}

TEST_F(Cut, Reguid) {
    cut_everywhere({"reguid"}, 8);
}

}  // namespace kld::test

#endif
