// SPDX-License-Identifier: BSD-3-Clause
#include "support/tiny_packages.h"

#include <fmt/core.h>

#include <chrono>
#include <filesystem>

#include "base/text.h"

namespace kld::test {
namespace {

/// The files of a package below `root`. @returns their paths, as they are in the package
Result<std::vector<std::string>> write_files(Files& files, const std::string& root, const TinyPackage& package) {
    std::vector<std::string> paths{"/opt/" + package.name};
    if (!package.also.empty()) paths.push_back(package.also);
    for (const auto& path : paths) {
        KLD_CHECK(files.make_directories(root + path.substr(0, path.rfind('/'))));
        KLD_CHECK(files.write(root + path, package.version + "\n"));
    }
    return paths;
}

/// A script of the shell would make the package depend on one; rpm's own Lua is always there.
std::string rpm_script(const std::string& when, const TinyPackage& package, const std::string& line) {
    if (line.empty()) return {};
    return fmt::format("%{} -n {} -p <lua>\nif not os.execute([==[{}]==]) then error(\"refused\") end\n\n", when,
                       package.name, line);
}

Result<std::string> rpm_of(Files& files, const std::string& root, const TinyPackage& package) {
    KLD_TRY(const auto paths, write_files(files, root, package));
    std::string text = fmt::format("%package -n {}\nVersion: {}\nSummary: {} of a test\n", package.name,
                                   package.version, package.name);
    for (const auto& name : package.depends) text += "Requires: " + name + "\n";
    if (!package.provides.empty()) text += "Provides: " + package.provides + "\n";
    text += fmt::format("%description -n {0}\n{0}\n\n", package.name);
    text += rpm_script("pre", package, package.before) + rpm_script("post", package, package.after);
    text += fmt::format("%files -n {}\n%defattr(-,root,root)\n{}\n\n", package.name, join(paths, "\n"));
    return text;
}

std::string pacman_info(const TinyPackage& package) {
    auto text = fmt::format("pkgname = {0}\npkgver = {1}-1\npkgdesc = {0} of a test\narch = any\nsize = 2\n",
                            package.name, package.version);
    for (const auto& name : package.depends) text += "depend = " + name + "\n";
    return text;
}

/// @returns what the repository's database says of it
Result<std::string> make_pacman_package(Runner& runner, Files& files, const std::string& directory,
                                        const std::string& work, const TinyPackage& package) {
    const auto root = work + "/" + package.name;
    KLD_CHECK(write_files(files, root, package));
    KLD_CHECK(files.write(root + "/.PKGINFO", pacman_info(package)));
    const auto function = [](const char* when, const std::string& line) {
        return line.empty() ? std::string{} : fmt::format("{}_install() {{\n{}\n}}\n", when, line);
    };
    const auto scripts = function("pre", package.before) + function("post", package.after);
    if (!scripts.empty()) KLD_CHECK(files.write(root + "/.INSTALL", scripts));
    KLD_TRY(const auto names, files.list(root));
    const auto file = fmt::format("{}-{}-1-any.pkg.tar.gz", package.name, package.version);
    Command tar{.argv = {"tar", "-C", root, "--owner=0", "--group=0", "-czf", directory + "/" + file}};
    tar.argv.insert(tar.argv.end(), names.begin(), names.end());
    KLD_CHECK(runner.run(tar));
    KLD_TRY(const auto bytes, files.read(directory + "/" + file));
    KLD_TRY(const auto sum, runner.run({.argv = {"sha256sum", directory + "/" + file}}));
    auto text = fmt::format(
        "%FILENAME%\n{}\n\n%NAME%\n{}\n\n%VERSION%\n{}-1\n\n%DESC%\n{} of a test\n\n%CSIZE%\n{}\n\n%ISIZE%\n2\n\n"
        "%SHA256SUM%\n{}\n\n%ARCH%\nany\n\n",
        file, package.name, package.version, package.name, bytes.size(), sum.out.substr(0, 64));
    if (!package.depends.empty()) text += "%DEPENDS%\n" + join(package.depends, "\n") + "\n\n";
    return text;
}

}  // namespace

Status make_rpm_repository(Runner& runner, Files& files, const std::string& directory,
                           const std::vector<TinyPackage>& packages) {
    KLD_TRY(const auto work, TemporaryDirectory::make("/var/tmp"));
    const auto tree = work.path() + "/tree";
    // A package without files is none: what is built are its parts.
    std::string spec =
        "Name: tiny\nVersion: 1\nRelease: 1\nSummary: tiny\nLicense: BSD-3-Clause\nBuildArch: noarch\n"
        "AutoReqProv: no\n%define __os_install_post %{nil}\n%define debug_package %{nil}\n%description\ntiny\n\n";
    for (const auto& package : packages) {
        KLD_TRY(const auto part, rpm_of(files, tree, package));
        spec += part;
    }
    spec += fmt::format("%install\nmkdir -p %{{buildroot}}\ncp -a {}/. %{{buildroot}}/\n", tree);
    KLD_CHECK(files.write(work.path() + "/tiny.spec", spec));
    KLD_CHECK(files.make_directories(directory));
    KLD_CHECK(runner.run({.argv = {"rpmbuild", "-bb", "--define", "_topdir " + work.path() + "/build", "--define",
                                   "_rpmdir " + directory, work.path() + "/tiny.spec"}}));
    KLD_CHECK(runner.run({.argv = {"createrepo_c", "--quiet", directory}}));
    return {};
}

Status make_pacman_repository(Runner& runner, Files& files, const std::string& directory, const std::string& name,
                              const std::vector<TinyPackage>& packages) {
    KLD_TRY(const auto work, TemporaryDirectory::make("/var/tmp"));
    KLD_CHECK(files.make_directories(directory));
    const auto database = work.path() + "/database";
    KLD_CHECK(files.make_directories(database));
    for (const auto& package : packages) {
        KLD_TRY(const auto text, make_pacman_package(runner, files, directory, work.path(), package));
        const auto place = fmt::format("{}/{}-{}-1", database, package.name, package.version);
        KLD_CHECK(files.make_directories(place));
        KLD_CHECK(files.write(place + "/desc", text));
    }
    const auto file = directory + "/" + name + ".db";
    std::error_code none;
    const auto last = std::filesystem::last_write_time(file, none);
    KLD_TRY(const auto names, files.list(database));
    Command tar{.argv = {"tar", "-C", database, "-czf", file}};
    tar.argv.insert(tar.argv.end(), names.begin(), names.end());
    KLD_CHECK(runner.run(tar));
    // pacman sees by the second that a database is newer.
    if (!none) std::filesystem::last_write_time(file, last + std::chrono::seconds(2));
    return {};
}

}  // namespace kld::test
