// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/keys.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/fd.h"
#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

boot::Dataset dataset(const std::string& name, const std::string& root, const std::string& status,
                      const std::string& location) {
    return {name,
            {{"encryptionroot", {root, "-"}},
             {"keystatus", {status, "-"}},
             {"keyformat", {"passphrase", "-"}},
             {"keylocation", {location, "local"}}}};
}

const std::vector<MissingKey> kThree{{"t/a", "passphrase", {}, true}, {"t/b b", "raw"}, {"t/c", "hex", "/etc/key"}};

class Keys : public testing::Test {
protected:
    /// Gives these one after another, and keeps for which formats they were wanted.
    KeyGiver pipe(Lines keys) {
        return {{}, [this, keys = std::move(keys)](const std::string& format) -> std::optional<std::string> {
                    formats.push_back(format);
                    if (formats.size() > keys.size()) return std::nullopt;
                    return keys[formats.size() - 1];
                }};
    }
    Status load(const std::vector<MissingKey>& missing, const KeyGiver& giver) {
        return load_keys(runner, events, "t", missing, giver);
    }
    Lines inputs() {
        Lines all;
        for (const auto& command : runner.ran) all.push_back(command.input);
        return all;
    }
    test::ReplayRunner runner;
    test::CaptureEvents events;
    Lines formats;
};

TEST_F(Keys, AreMissingWhereADatasetHasItsOwn) {
    test::FakeFiles files;
    files.entries["/root/key"] = {};
    const auto missing = missing_keys(
        {dataset("t", "-", "-", "none"), dataset("t/a", "t/a", "unavailable", "prompt"),
         dataset("t/a/b", "t/a", "unavailable", "none"), dataset("t/c c", "t/c c", "unavailable", "file:///etc/key"),
         dataset("t/d", "t/d", "unavailable", "file:///root/key"), dataset("t/e", "t/e", "available", "prompt")},
        files);
    Lines asked, in_files;
    for (const auto& key : missing) {
        asked.push_back(shell_line(ask_command(key)));
        in_files.push_back(key.file);
    }
    EXPECT_EQ(asked, (Lines{"zfs load-key t/a", "zfs load-key -L prompt 't/c c'", "zfs load-key -L prompt t/d"}));
    EXPECT_EQ(in_files, (Lines{"", "", "/root/key"}));
}

TEST_F(Keys, OutOfAPipeGoEachToItsOwnDataset) {
    runner.expect({"zfs", "load-key", "t/a"});
    runner.expect({"zfs", "load-key", "-L", "prompt", "t/b b"});
    runner.expect({"zfs", "load-key", "t/c"});
    EXPECT_TRUE(load(kThree, pipe({"first\n", "second\n"})).has_value());
    EXPECT_EQ(inputs(), (Lines{"first\n", "second\n", ""})) << "the third lies in a file";
    EXPECT_EQ(formats, (Lines{"passphrase", "raw"}));
    EXPECT_TRUE(events.told.empty());
}

TEST_F(Keys, OneThatIsWrongDoesNotKeepTheOthersAway) {
    runner.expect({"zfs", "load-key", "t/a"}, {}, 255, "Key load error: Incorrect key provided for 't/a'.");
    runner.expect({"zfs", "load-key", "-L", "prompt", "t/b b"});
    runner.expect({"zfs", "load-key", "t/c"});
    const auto done = load(kThree, pipe({"secret\n", "second\n"}));
    expect_refused(done, ExitCode::failed, "t is imported, but 1 of 3 keys that it lacks is not loaded: t/a",
                   "zfs load-key t/a; or krecovery export");
    EXPECT_EQ(events.told,
              (Lines{"warning the key of t/a is not loaded: Key load error: Incorrect key provided for 't/a'."}));
    EXPECT_EQ(render(done.error()).find("secret"), std::string::npos);
    for (const auto& command : runner.ran) EXPECT_EQ(shell_line(command.argv).find("secret"), std::string::npos);
}

TEST_F(Keys, TheEndOfThePipeIsSaidForEach) {
    runner.expect({"zfs", "load-key", "t/c"});
    const auto done = load(kThree, pipe({}));
    expect_refused(done, ExitCode::failed, "2 of 3 keys that it lacks are not loaded: t/a, t/b b",
                   "zfs load-key t/a; zfs load-key -L prompt 't/b b'; or krecovery export");
    EXPECT_EQ(events.told, (Lines{"warning the key of t/a is not loaded: stdin has no key for it",
                                  "warning the key of t/b b is not loaded: stdin has no key for it"}));
}

TEST_F(Keys, AFileOfThisSystemThatIsNotTheRightOneIsNotTheEnd) {
    runner.expect({"zfs", "load-key", "t/c"}, {}, 255, "Key load error: Incorrect key provided for 't/c'.");
    Lines asked;
    const KeyGiver person{[&](const std::vector<std::string>& argv) -> Result<int> {
                              asked.push_back(shell_line(argv));
                              return 0;
                          },
                          {}};
    EXPECT_TRUE(load({kThree[2]}, person).has_value());
    EXPECT_EQ(asked, (Lines{"zfs load-key -L prompt t/c"}));
    EXPECT_EQ(events.told, (Lines{"warning /etc/key of this system does not open t/c, and its key is asked for: Key "
                                  "load error: Incorrect key provided for 't/c'."}));
}

TEST_F(Keys, APersonWhoDoesNotKnowOneIsAskedForTheNext) {
    Lines asked;
    const KeyGiver person{[&](const std::vector<std::string>& argv) -> Result<int> {
                              asked.push_back(shell_line(argv));
                              return asked.size() == 1 ? 255 : 0;
                          },
                          {}};
    expect_refused(load({kThree[0], kThree[1]}, person), ExitCode::failed, "not loaded: t/a", "zfs load-key t/a");
    EXPECT_EQ(asked, (Lines{"zfs load-key t/a", "zfs load-key -L prompt 't/b b'"}));
}

TEST_F(Keys, NoMoreIsReadThanTheKey) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd from(ends[0]);
    Fd to(ends[1]);
    const auto raw = std::string(16, '\n') + std::string(16, 'x');
    ASSERT_TRUE(to.write_all("first\n" + raw + "last"));
    to.reset();
    EXPECT_EQ(read_key(from.get(), "passphrase"), "first\n");
    EXPECT_EQ(read_key(from.get(), "raw"), raw) << "its bytes may be newlines";
    EXPECT_EQ(read_key(from.get(), "hex"), "last");
    EXPECT_EQ(read_key(from.get(), "hex"), std::nullopt);
}

}  // namespace
}  // namespace kld::recovery
