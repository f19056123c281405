// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/deb.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/text.h"

namespace kld::apt {
namespace {

Status put(Runner& runner, Files& files, const std::string& root, const PackageFile& file) {
    const auto path = root + "/" + file.path;
    KLD_CHECK(files.make_directories(path.substr(0, path.rfind('/'))));
    if (file.link.empty()) return files.write(path, file.bytes, file.mode);
    KLD_CHECK(runner.run({.argv = {"ln", "--symbolic", "--no-target-directory", file.link, path}}));
    return {};
}

}  // namespace

std::string control_text(const Package& package) {
    auto text = fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: {}\n", package.name,
                            package.version, package.architecture, kMaintainer);
    for (const auto& [name, value] : package.fields) text += fmt::format("{}: {}\n", name, value);
    text += "Description: " + package.summary + "\n";
    for (const auto& line : lines(package.description)) text += line.empty() ? " .\n" : " " + line + "\n";
    return text;
}

Result<std::string> pack(Runner& runner, Files& files, const Package& package, const std::string& directory,
                         long epoch) {
    KLD_TRY(const auto staging, TemporaryDirectory::make(directory));
    const auto root = staging.path() + "/root";
    KLD_CHECK(put(runner, files, root, {"DEBIAN/control", control_text(package), 0644}));
    for (const auto& file : package.control)
        KLD_CHECK(put(runner, files, root, {"DEBIAN/" + file.path, file.bytes, file.mode}));
    for (const auto& file : package.files) KLD_CHECK(put(runner, files, root, file));
    const auto name = fmt::format("{}_{}_{}.deb", package.name, package.version, package.architecture);
    const auto made = staging.path() + "/" + name;
    // xz: what every dpkg of the supported releases unpacks.
    KLD_CHECK(runner.run({.argv = {"dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, made},
                          .environment = {fmt::format("SOURCE_DATE_EPOCH={}", epoch)}}));
    KLD_CHECK(files.rename(made, directory + "/" + name));
    return directory + "/" + name;
}

}  // namespace kld::apt
