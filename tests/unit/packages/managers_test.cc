// SPDX-License-Identifier: BSD-3-Clause
// Which package manager a system has, and what it says.
#include <gtest/gtest.h>

#include "base/text.h"
#include "manager_of.h"
#include "support/fakes.h"

namespace kld::packages {
namespace {

TEST(Managers, AreThoseOfTheSystem) {
    test::FakeFiles files;
    files.entries["/usr/bin/dnf"] = files.entries["/usr/bin/apt-get"] = files.entries["/usr/bin/pacman"] = {"program"};
    const auto found = [&](const std::string& release) {
        files.entries["/etc/os-release"] = {release};
        const auto manager = find_manager(files);
        return manager ? (*manager)->name : render(manager.error());
    };
    EXPECT_EQ(found("ID=debian\n"), "apt");
    EXPECT_EQ(found("ID=ubuntu\nID_LIKE=debian\n"), "apt");
    EXPECT_EQ(found("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\n"), "dnf");
    EXPECT_EQ(found("ID=arch\n"), "pacman");
    EXPECT_EQ(found("ID=own\n"), "apt") << "by what is there";
    files.entries.erase("/usr/bin/dnf");
    files.entries["/usr/bin/dnf5"] = {"program"};
    EXPECT_EQ(found("ID=fedora\n"), "dnf5") << "no dnf is a link to it";
    files.entries.clear();
    EXPECT_NE(found("ID=debian\n").find("no package manager is known"), std::string::npos);
}

TEST(Managers, SayWhatIsInstalled) {
    EXPECT_EQ(manager_of("apt").parse("acl:amd64\t2.3-1\tii \nold\t1\trc \nheld\t2\thi \n\t\t\n"),
              (Packages{{"acl:amd64", "2.3-1"}, {"held", "2"}, {"old", "1 (rc)"}}));
    EXPECT_EQ(manager_of("dnf").parse("kernel.x86_64\t0:5.14-2\nkernel.x86_64\t0:5.14-1\nbash.x86_64\t0:5.1-9\n"),
              (Packages{{"bash.x86_64", "0:5.1-9"}, {"kernel.x86_64", "0:5.14-1 0:5.14-2"}}));
    EXPECT_EQ(manager_of("pacman").parse("bash 5.2.037-1\nlinux 6.12.1-1\n"),
              (Packages{{"bash", "5.2.037-1"}, {"linux", "6.12.1-1"}}));
    EXPECT_EQ(manager_of("pkg").parse("nginx\t1.26.2,3\n"), (Packages{{"nginx", "1.26.2,3"}}));
}

TEST(Managers, SayWhatKpkgSays) {
    std::string text;
    for (const auto& manager : managers()) {
        text += manager.name + "\n";
        for (const auto& [verb, command] :
             std::vector<std::pair<std::string, std::vector<std::string>>>{{"install", manager.install},
                                                                           {"remove", manager.remove},
                                                                           {"upgrade", manager.upgrade},
                                                                           {"update", manager.update},
                                                                           {"search", manager.search},
                                                                           {"list", manager.list},
                                                                           {"info", manager.info},
                                                                           {"installed", manager.installed}})
            text += "  " + verb + ": " + shell_line(command) + "\n";
        if (!manager.fields.empty()) text += "  info --json: " + shell_line(manager.fields) + "\n";
    }
    test::expect_golden("packages/managers.txt", text);
}

}  // namespace
}  // namespace kld::packages
