// SPDX-License-Identifier: BSD-3-Clause
#include "pool_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "support/tree_manifest.h"

namespace kld::test {

namespace {

bool exists(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

PoolTest::PoolTest() {
    // In memory where there is some: xattrs may be large there, and nothing waits for a disk.
    auto made = TemporaryDirectory::make(exists("/dev/shm") ? "/dev/shm" : ::testing::TempDir());
    if (!made) throw std::runtime_error(render(made.error()));
    directory_.emplace(std::move(*made));
    ::chmod(directory_->path().c_str(), 0755);
}

std::string PoolTest::program() {
    return std::string(KLD_BIN_DIR) + "/kldload-pool";
}

Output PoolTest::pool(const std::vector<std::string>& arguments, const std::vector<std::string>& before, int stdin_fd) {
    Command command{before};
    command.argv.push_back(program());
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.accept = [](int) { return true; };
    command.stdin_fd = stdin_fd;
    ProcessRunner runner;
    auto output = runner.run(command);
    if (output) return *output;
    ADD_FAILURE() << render(output.error());
    return {-1, {}, render(output.error())};
}

Output PoolTest::run(const std::vector<std::string>& argv, int stdout_fd) {
    Command command{argv};
    command.stdout_fd = stdout_fd;
    ProcessRunner runner;
    auto output = runner.run(command);
    EXPECT_TRUE(output.has_value()) << (output ? "" : render(output.error()));
    return output ? *output : Output{-1, {}, {}};
}

void PoolTest::write(const std::string& name, const std::string& text) {
    RealFiles files;
    const auto written = files.write(at(name), text);
    ASSERT_TRUE(written.has_value()) << render(written.error());
}

void PoolTest::torture(const std::string& name, TortureOptions options) {
    options.devices = options.devices && is_root();
    options.owners = is_root();
    const auto made = write_torture_tree(at(name), options);
    ASSERT_TRUE(made.has_value()) << render(made.error());
    for (const auto& what : *made) std::printf("not in this test: %s\n", what.c_str());
}

void PoolTest::small_tree() {
    RealFiles files;
    for (const char* directory : {"etc/old/deep", "home/user", "var/log/journal", "usr/bin"})
        ASSERT_TRUE(files.make_directories(at(std::string("tree/") + directory)));
    write("tree/etc/issue", "hello\n");
    write("tree/etc/old/deep/file", "x");
    write("tree/usr/bin/tool", torture_bytes(3 << 20, 1));
    ASSERT_EQ(::link(at("tree/usr/bin/tool").c_str(), at("tree/usr/bin/tool-again").c_str()), 0);
    write("tree/home/user/notes", "n");
    ASSERT_EQ(::symlink("usr/bin", at("tree/bin").c_str()), 0);
}

nlohmann::json PoolTest::layout(const nlohmann::json& root) const {
    nlohmann::json properties = {
        {"mountpoint", "none"}, {"canmount", "off"}, {"acltype", "posix"}, {"xattr", "sa"}, {"compression", "lz4"}};
    properties.update(root);
    return {{"version", 1},
            {"pool", {{"name", "testpool"}, {"compatibility", "openzfs-2.1-linux"}}},
            {"datasets",
             {{{"name", ""}, {"properties", properties}},
              {{"name", "ROOT"}, {"properties", {{"mountpoint", "none"}, {"canmount", "off"}}}},
              {{"name", "ROOT/default"}, {"properties", {{"mountpoint", "/"}, {"canmount", "noauto"}}}},
              {{"name", "home"}, {"properties", {{"mountpoint", "/home"}}}},
              {{"name", "var"}, {"properties", {{"mountpoint", "/var"}, {"canmount", "off"}}}},
              {{"name", "var/log"}}}},
            {"bootfs", "ROOT/default"}};
}

std::string PoolTest::write_layout(const nlohmann::json& layout) {
    write("layout.json", layout.dump());
    return at("layout.json");
}

void PoolTest::create(const std::vector<std::string>& arguments, const std::string& image) {
    std::vector<std::string> all = {"create", "--image", at(image), "--size", "512M"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto output = pool(all);
    ASSERT_EQ(output.exit_code, 0) << output.err;
}

void PoolTest::extract(const std::string& to, const std::vector<std::string>& arguments, const std::string& image) {
    std::vector<std::string> all = {"extract", "--image", at(image), "--to", at(to)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto output = pool(all);
    ASSERT_EQ(output.exit_code, 0) << output.err;
}

void PoolTest::expect_clean(const std::string& image, bool zdb) {
    const auto output = pool({"check", "--image", at(image), "--json"});
    EXPECT_EQ(output.exit_code, 0) << output.err;
    const auto report = nlohmann::json::parse(output.out);
    EXPECT_EQ(report["clean"], true);
    EXPECT_EQ(report["space_not_compared"], "");
    EXPECT_EQ(report["bytes"], report["allocated"]);
    if (!zdb || !has("zdb")) return;
    // zdb looks for pools in every file of a directory.
    RealFiles files;
    ASSERT_TRUE(files.make_directories(at("zdb")));
    ASSERT_EQ(::link(at(image).c_str(), at("zdb/pool").c_str()), 0);
    const auto told = run({"zdb", "-e", "-p", at("zdb"), "-bcc", "testpool"});
    EXPECT_NE(told.out.find("No leaks"), std::string::npos) << told.out << told.err;
    EXPECT_EQ(told.out.find("Got error"), std::string::npos) << told.out;
    ASSERT_TRUE(files.remove(at("zdb")));
}

std::string PoolTest::difference(const std::string& first, const std::string& second) const {
    const auto a = tree_manifest(at(first)), b = tree_manifest(at(second));
    if (!a || !b) return render(a ? b.error() : a.error());
    const auto left = lines(*a), right = lines(*b);
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        const std::string one = i < left.size() ? left[i] : "(nothing)",
                          other = i < right.size() ? right[i] : "(nothing)";
        if (one != other) return first + ": " + one.substr(0, 600) + "\n" + second + ": " + other.substr(0, 600);
    }
    return {};
}

bool PoolTest::is_root() {
    return ::geteuid() == 0;
}

bool PoolTest::has(const std::string& program) {
    for (const char* directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
        if (exists(directory + program)) return true;
    return false;
}

}  // namespace kld::test
