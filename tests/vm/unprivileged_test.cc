// SPDX-License-Identifier: BSD-3-Clause
// An ordinary user makes the image that root makes.
#include <gtest/gtest.h>
#include <unistd.h>

#include "digest/sha256.h"
#include "pipeline/places.h"
#include "vm/acceleration.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kUser = "kldload-test";

/// A user of this machine who has compiled modules and a tools tree already; gone, with all files, when the object
/// goes.
class OrdinaryUser {
public:
    static Result<OrdinaryUser> make(Runner& runner) {
        OrdinaryUser user(runner);
        // One that a killed run left behind.
        KLD_CHECK(runner.run({.argv = {"userdel", "--remove", kUser}, .accept = [](int) { return true; }}));
        KLD_CHECK(runner.run({.argv = {"useradd", "--create-home", kUser}}));
        const auto cache = vm::default_cache_directory();
        KLD_TRY(const auto places, pipeline::find_places());
        KLD_CHECK(user.bash("mkdir -p ~/.cache/kldload ~/.local/share/kldload ~/data ~/bin"));
        std::vector<std::pair<std::string, std::string>> copies{
            {places.keys, ".local/share/kldload/keys"},      {places.data + "/catalog", "data/catalog"},
            {places.data + "/packaging", "data/packaging"},  {cache + "/test-images/id_ed25519.pub", "id_ed25519.pub"},
            {cache + "/test-images/root.hash", "root.hash"},
        };
        for (const std::string part : {"modules", "tools", "keymaps", "menu"})
            copies.emplace_back(cache + "/" + part, ".cache/kldload/" + part);
        for (const std::string program : {"kldload", "kldload-pool", "kldload-menu", "kldload-firstboot", "kldload-esp",
                                          "kldload-dkms", "kldload-tools"})
            copies.emplace_back(std::string(KLD_BIN_DIR) + "/" + program, "bin/" + program);
        for (const auto& [from, to] : copies)
            KLD_CHECK(runner.run({.argv = {"cp", "--archive", from, user.home() + "/" + to}}));
        KLD_CHECK(runner.run({.argv = {"chown", "--recursive", std::string(kUser) + ":", user.home()}}));
        return user;
    }
    OrdinaryUser(OrdinaryUser&& other) noexcept : runner_(std::exchange(other.runner_, nullptr)) {}
    OrdinaryUser& operator=(OrdinaryUser&&) = delete;
    ~OrdinaryUser() {
        if (runner_ != nullptr) [[maybe_unused]]
            const auto gone = runner_->run({.argv = {"userdel", "--remove", kUser}});
    }

    std::string home() const { return std::string("/home/") + kUser; }
    Result<Output> bash(const std::string& script) const {
        return runner_->run({.argv = {"runuser", "--user", kUser, "--", "env", "HOME=" + home(), "XDG_CACHE_HOME=",
                                      "XDG_DATA_HOME=", "KLDLOAD_DATA=" + home() + "/data", "bash", "-c", script},
                             .timeout = std::chrono::hours(1)});
    }

private:
    explicit OrdinaryUser(Runner& runner) : runner_(&runner) {}
    Runner* runner_;
};

/// The same inputs give the same bytes, whoever makes them and when.
void expect_same_tree(const std::string& cache) {
    const auto names = RealFiles().list(cache + "/trees");
    KLD_ASSERT_OK(names);
    std::size_t trees = 0;
    for (const auto& name : *names) {
        if (!name.ends_with(".tar")) continue;
        ++trees;
        const auto theirs = sha256_file(cache + "/trees/" + name);
        const auto roots = sha256_file(vm::default_cache_directory() + "/trees/" + name);
        KLD_ASSERT_OK(theirs);
        KLD_ASSERT_OK(roots);
        EXPECT_EQ(*theirs, *roots) << name;
    }
    EXPECT_EQ(trees, 1U);
}

}  // namespace

TEST(Unprivileged, TheImageIsThatOfRootAndBoots) {
    if (::geteuid() != 0) GTEST_SKIP() << "all images are made by an ordinary user here";
    ProcessRunner runner;
    const auto user = OrdinaryUser::make(runner);
    KLD_ASSERT_OK(user);
    const auto image = user->home() + "/image.qcow2";
    const auto made = user->bash(
        "~/bin/kldload image debian-13 --profile core --root-password-hash-file ~/root.hash "
        "--user-name admin --user-ssh-keys-file ~/id_ed25519.pub --output " +
        image);
    KLD_ASSERT_OK(made);
    RealFiles files;
    const auto theirs = files.read(image + ".manifest.json");
    const auto roots = files.read(vm::default_cache_directory() + "/test-images/debian-13-core.qcow2.manifest.json");
    KLD_ASSERT_OK(theirs);
    KLD_ASSERT_OK(roots);
    EXPECT_EQ(*theirs, *roots);
    expect_same_tree(user->home() + "/.cache/kldload");

    auto options = test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    options->image = image;
    const auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    auto shell = (*guest)->login("root", kRootPassword);
    KLD_ASSERT_OK(shell);
    const auto root = over_serial(*shell);
    expect_healthy(root, "rpool/ROOT/default");
    // Where owners, modes and capabilities would be lost first.
    EXPECT_EQ(answer(root,
                     "stat -c '%U:%G %a' /var/mail /usr/bin/passwd /usr/bin/chage /usr/bin/crontab /etc/shadow "
                     "| sort | tr '\\n' ' '"),
              "root:crontab 2755 root:mail 2775 root:root 4755 root:shadow 2755 root:shadow 640");
    KLD_ASSERT_OK((*guest)->shut_down(*shell));
}

}  // namespace kld::test
