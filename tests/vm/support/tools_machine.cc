// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

/// @returns its path
Result<std::string> make_package(Runner& runner, Files& files, const std::string& directory, const std::string& name,
                                 const std::string& version, const std::string& postinst) {
    const auto root = directory + "/" + name;
    KLD_CHECK(files.make_directories(root + "/DEBIAN"));
    KLD_CHECK(files.write(root + "/DEBIAN/control", "Package: " + name + "\nVersion: " + version +
                                                        "\nArchitecture: all\nMaintainer: nobody <root@localhost>\n"
                                                        "Description: for a test\n"));
    KLD_CHECK(files.write(root + "/DEBIAN/postinst", "#!/bin/sh\n" + postinst, 0755));
    const auto path = directory + "/" + name + ".deb";
    KLD_CHECK(runner.run({.argv = {"dpkg-deb", "--root-owner-group", "--build", root, path}}));
    return path;
}

}  // namespace

void ToolsMachine::set_up(const std::string& image,
                          const std::function<Result<std::vector<vm::Drive>>(const std::string& directory)>& disks) {
    auto temporary = TemporaryDirectory::make("/var/tmp");
    KLD_ASSERT_OK(temporary);
    directory.emplace(std::move(*temporary));
    auto options = test_image(image);
    KLD_ASSERT_OK(options);
    if (disks) {
        auto made = disks(directory->path());
        KLD_ASSERT_OK(made);
        options->more_drives = std::move(*made);
    }
    auto made = Guest::make(*options);
    KLD_ASSERT_OK(made);
    guest = std::move(*made);
}

void ToolsMachine::send(const std::string& name, const std::string& version, const std::string& postinst) {
    const auto package = make_package(runner, files, directory->path(), name, version, postinst);
    KLD_ASSERT_OK(package);
    KLD_ASSERT_OK(guest->ssh().copy_to(*package, "/home/admin/" + name + ".deb"));
}

}  // namespace kld::test
