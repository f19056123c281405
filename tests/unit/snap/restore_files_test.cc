// SPDX-License-Identifier: BSD-3-Clause
// The commands of a restore, run on real files: a directory stands for the snapshot.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "snap/restore.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::time_t kMoment = 1795751820;  // 2026-11-27 03:57 UTC

class RestoreFiles : public testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::make(testing::TempDir());
        ASSERT_TRUE(made.has_value());
        directory.emplace(std::move(*made));
        ASSERT_TRUE(files.make_directories(old("dir of x")));
        ASSERT_TRUE(files.make_directories(now("")));
        ASSERT_TRUE(files.write(old("dir of x/one"), "one", 0640));
        ASSERT_TRUE(files.write(old("plain"), "before", 0600));
        ASSERT_TRUE(files.write(now("plain"), "after"));
    }
    std::string old(const std::string& name) const { return directory->path() + "/snapshot/" + name; }
    std::string now(const std::string& name) const { return directory->path() + "/live/" + name; }
    Status restore(std::vector<std::string> names, bool overwrite, std::function<void()> meanwhile = {}) {
        const Opened opened{directory->path() + "/snapshot", directory->path() + "/live", true, {}};
        RestoreWish wish{.snapshot = "rpool/x@a", .paths = {}, .overwrite = overwrite};
        for (const auto& name : names) wish.paths.push_back(now(name));
        const std::vector<zfs::Mount> mounts{{"rpool/x", directory->path() + "/live", "zfs"}};
        KLD_TRY(const auto world, probe_restore(files, mounts, opened, wish, kMoment));
        KLD_TRY(const auto plan, plan_restore(world, wish));
        if (meanwhile) meanwhile();
        NoEvents events;
        return zfs::apply(plan, runner, events);
    }
    std::vector<std::string> there() { return *files.list(directory->path() + "/live"); }

    std::optional<TemporaryDirectory> directory;
    RealFiles files;
    ProcessRunner runner;
};

struct stat info_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info;
}

TEST_F(RestoreFiles, WithModesTimesLinksHolesAndAttributes) {
    ASSERT_EQ(::link(old("dir of x/one").c_str(), old("dir of x/two").c_str()), 0);
    ASSERT_EQ(::symlink("/no/where", old("dir of x/link").c_str()), 0);
    ASSERT_EQ(::mkfifo(old("dir of x/fifo").c_str(), 0622), 0);
    constexpr off_t kHole = 64 << 20;
    ASSERT_TRUE(Fd::open(old("dir of x/sparse"), O_WRONLY | O_CREAT)->write_at("end", kHole));
    const timespec times[2]{{1000, 5}, {2000, 7}};
    ASSERT_EQ(::utimensat(AT_FDCWD, old("dir of x/one").c_str(), times, 0), 0);
    ASSERT_EQ(::chmod(old("dir of x").c_str(), 02751), 0);
    const bool attributes = ::setxattr(old("dir of x/one").c_str(), "user.kind", "seed", 4, 0) == 0;
    ASSERT_TRUE(attributes || errno == ENOTSUP);
    ASSERT_TRUE(::geteuid() != 0 || ::lchown(old("dir of x/link").c_str(), 123, 456) == 0);

    const auto done = restore({"dir of x"}, false);
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_EQ(info_of(now("dir of x")).st_mode & 07777, 02751U);
    const auto one = info_of(now("dir of x/one"));
    EXPECT_EQ(one.st_mode & 07777, 0640U);
    EXPECT_EQ(one.st_mtim.tv_sec, 2000);
    EXPECT_EQ(one.st_mtim.tv_nsec, 7);
    EXPECT_EQ(one.st_nlink, 2U);
    EXPECT_EQ(info_of(now("dir of x/two")).st_ino, one.st_ino);
    const auto sparse = info_of(now("dir of x/sparse"));
    EXPECT_EQ(sparse.st_size, kHole + 3);
    EXPECT_LT(sparse.st_blocks * 512, 1 << 20);
    EXPECT_TRUE(S_ISFIFO(info_of(now("dir of x/fifo")).st_mode));
    EXPECT_TRUE(S_ISLNK(info_of(now("dir of x/link")).st_mode));
    if (::geteuid() == 0) {
        EXPECT_EQ(info_of(now("dir of x/link")).st_uid, 123U);
        EXPECT_EQ(info_of(now("dir of x/link")).st_gid, 456U);
    }
    if (attributes) {
        std::string value(16, '\0');
        const auto size = ::getxattr(now("dir of x/one").c_str(), "user.kind", value.data(), value.size());
        ASSERT_EQ(size, 4);
        EXPECT_EQ(value.substr(0, 4), "seed");
    }
    EXPECT_EQ(there(), (std::vector<std::string>{"dir of x", "plain"})) << "nothing else is left";
}

TEST_F(RestoreFiles, KeepsWhatWasThere) {
    ASSERT_TRUE(restore({"plain"}, true));
    EXPECT_EQ(*files.read(now("plain")), "before");
    EXPECT_EQ(info_of(now("plain")).st_mode & 07777, 0600U);
    EXPECT_EQ(*files.read(now("plain.before-restore-20261127-035700")), "after");
    EXPECT_EQ(there().size(), 2U);
}

TEST_F(RestoreFiles, OneFailureTakesAllBack) {
    const auto done = restore({"plain", "dir of x"}, true, [&] { ASSERT_TRUE(files.remove(old("dir of x"))); });
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
    EXPECT_EQ(*files.read(now("plain")), "after");
    EXPECT_EQ(there(), (std::vector<std::string>{"plain"}));
}

TEST_F(RestoreFiles, NeverOverWhatCameMeanwhile) {
    const auto done =
        restore({"plain", "dir of x"}, true, [&] { ASSERT_TRUE(files.write(now("dir of x"), "somebody else's")); });
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(*files.read(now("dir of x")), "somebody else's");
    EXPECT_EQ(*files.read(now("plain")), "after") << "what was in place already was taken back";
    EXPECT_EQ(there(), (std::vector<std::string>{"dir of x", "plain"}));
}

}  // namespace
}  // namespace kld::snap
