// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/tools_machine.h"

#include <cstdlib>

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

void ToolsMachine::replace_tools() {
    const auto* program = std::getenv("KLD_TEST_TOOLS");
    if (program == nullptr || replaced) return;
    KLD_ASSERT_OK(guest->ssh().copy_to(program, "/home/admin/kldload-tools"));
    answer(shell, "install -m 0755 /home/admin/kldload-tools /usr/lib/kldload/kldload-tools");
    replaced = true;
}

void ToolsMachine::set_up(const std::string& image, const Change& change) {
    auto temporary = TemporaryDirectory::make("/var/tmp");
    KLD_ASSERT_OK(temporary);
    directory.emplace(std::move(*temporary));
    auto options = test_image(image);
    KLD_ASSERT_OK(options);
    if (change) KLD_ASSERT_OK(change(*options, directory->path()));
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
