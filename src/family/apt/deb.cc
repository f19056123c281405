// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/deb.h"

#include <fmt/core.h>

#include "base/text.h"
#include "packing/stage.h"

namespace kld::apt {
namespace {

// dpkg says the same to a postinst after a removal as after an update; to a preinst it does not.
constexpr const char* kPreinst =
    "if [ \"$1\" = install ]; then\n"
    "\tmkdir -p \"$root/var/lib/kldload\"\n"
    "\t: >\"$new\"\n"
    "fi\n";
constexpr const char* kPostinst =
    "if [ \"$1\" = configure ] && [ -e \"$new\" ]; then\n"
    "\tinstalled\n"
    "\trm \"$new\"\n"
    "\trmdir \"${new%/*}\" 2>/dev/null || :\n"
    "fi\n";
constexpr const char* kPrerm = "[ \"$1\" != remove ] || before_removal\n";
constexpr const char* kPostrm =
    "case \"$1\" in\n"
    "abort-install) rm -f \"$new\" ;;\n"
    "remove)\n"
    "\trm -f \"$new\"\n"
    "\tremoved\n"
    "\t;;\n"
    "purge) purged ;;\n"
    "esac\n";

std::vector<packing::File> scripts(const packing::Package& package) {
    std::vector<packing::File> all;
    const auto head = fmt::format("#!/bin/sh\nset -e\nroot=${{DPKG_ROOT:-}}\nnew=$root/var/lib/kldload/{}.new\n{}\n",
                                  package.name, package.functions);
    for (const auto& [name, text] : {std::pair{"preinst", kPreinst}, std::pair{"postinst", kPostinst},
                                     std::pair{"prerm", kPrerm}, std::pair{"postrm", kPostrm}})
        all.push_back({name, head + text, 0755});
    return all;
}

}  // namespace

void add_conffiles(Package& package) {
    std::string paths;
    for (const auto& file : package.files)
        if (packing::is_configuration(file)) paths += "/" + file.path + "\n";
    if (!paths.empty()) package.control.push_back({"conffiles", std::move(paths)});
}

Package to_deb(const packing::Package& package) {
    Package deb{.name = package.name,
                .version = package.version,
                .architecture = package.native ? "amd64" : "all",
                .fields = {{"Section", "admin"}, {"Priority", "optional"}},
                .summary = package.summary,
                .description = package.description,
                .files = package.files};
    if (!package.depends.empty()) deb.fields.emplace_back("Depends", join(package.depends, ", "));
    if (!package.functions.empty()) deb.control = scripts(package);
    add_conffiles(deb);
    return deb;
}

std::string control_text(const Package& package) {
    auto text = fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: {}\n", package.name,
                            package.version, package.architecture, packing::kMaintainer);
    for (const auto& [name, value] : package.fields) text += fmt::format("{}: {}\n", name, value);
    text += "Description: " + package.summary + "\n";
    for (const auto& line : lines(package.description)) text += line.empty() ? " .\n" : " " + line + "\n";
    return text;
}

Result<std::string> pack(Runner& runner, Files& files, const Package& package, const std::string& directory,
                         long epoch) {
    KLD_TRY(const auto staging, TemporaryDirectory::make(directory));
    const auto root = staging.path() + "/root";
    auto content = package.files;
    content.push_back({"DEBIAN/control", control_text(package)});
    for (const auto& file : package.control) content.push_back({"DEBIAN/" + file.path, file.bytes, file.mode});
    KLD_CHECK(packing::stage(runner, files, root, content));
    const auto name = fmt::format("{}_{}_{}.deb", package.name, package.version, package.architecture);
    const auto made = staging.path() + "/" + name;
    // xz: what every dpkg of the supported releases unpacks.
    KLD_CHECK(runner.run({.argv = {"dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, made},
                          .environment = {fmt::format("SOURCE_DATE_EPOCH={}", epoch)}}));
    KLD_CHECK(files.rename(made, directory + "/" + name));
    return directory + "/" + name;
}

}  // namespace kld::apt
