// SPDX-License-Identifier: BSD-3-Clause
// What package managers print for people, read for programs.
#include "packages/answers.h"

#include <gtest/gtest.h>

#include "manager_of.h"

namespace kld::packages {
namespace {

TEST(Found, ByApt) {
    EXPECT_EQ(found_by_apt("nginx - small, powerful, scalable web/proxy server\n"
                           "libnginx-mod-http-lua - Lua module for Nginx - with JIT\n"
                           "odd line\n"),
              (std::vector<Found>{{"nginx", {}, "small, powerful, scalable web/proxy server"},
                                  {"libnginx-mod-http-lua", {}, "Lua module for Nginx - with JIT"}}));
    EXPECT_TRUE(found_by_apt("").empty());
}

TEST(Found, ByDnf4) {
    EXPECT_EQ(found_by_dnf("Last metadata expiration check: 0:03:44 ago on Tue 26 Mar 2024 19:20:59 GMT.\n"
                           "========================= Name Exactly Matched: nginx =========================\n"
                           "nginx.x86_64 : A high performance web server and reverse proxy server\n"
                           "======================== Name & Summary Matched: nginx ========================\n"
                           "nginx-mod-mail.x86_64 : Nginx mail modules: imap, pop3\n"
                           "python3.11.x86_64 : Version 3.11 of the Python interpreter\n"
                           "bare.noarch : \n"),
              (std::vector<Found>{{"nginx.x86_64", {}, "A high performance web server and reverse proxy server"},
                                  {"nginx-mod-mail.x86_64", {}, "Nginx mail modules: imap, pop3"},
                                  {"python3.11.x86_64", {}, "Version 3.11 of the Python interpreter"},
                                  {"bare.noarch", {}, {}}}));
    EXPECT_TRUE(found_by_dnf("No matches found.\n").empty());
}

TEST(Found, ByDnf5BeforeAndAfterItsColonWent) {
    const std::vector<Found> both{{"libdnf5.x86_64", {}, "Package management library"},
                                  {"python3-libdnf5.x86_64", {}, "Python 3 bindings: libdnf5"}};
    EXPECT_EQ(found_by_dnf("Updating and loading repositories:\n"
                           " Fedora 41 - x86_64                     100% |  12.3 MiB/s |  35.4 MiB |  00m03s\n"
                           "Repositories loaded.\n"
                           "Matched fields: name (exact)\n"
                           " libdnf5.x86_64: Package management library\n"
                           "Matched fields: name, summary\n"
                           " python3-libdnf5.x86_64: Python 3 bindings: libdnf5\n"),
              both);
    EXPECT_EQ(found_by_dnf("Matched fields: name (exact)\n libdnf5.x86_64\tPackage management library\n"
                           "Matched fields: name\n python3-libdnf5.x86_64\tPython 3 bindings: libdnf5\n"),
              both);
}

TEST(Found, ByPacman) {
    EXPECT_EQ(found_by_pacman("core/bash 5.2.037-1 (base) [installed]\n"
                              "    The GNU Bourne Again shell\n"
                              "extra/bash-completion 2.14.0-2\n"
                              "    Programmable completion for the bash shell\n"),
              (std::vector<Found>{{"bash", "5.2.037-1", "The GNU Bourne Again shell"},
                                  {"bash-completion", "2.14.0-2", "Programmable completion for the bash shell"}}));
}

TEST(Found, ByPkg) {
    EXPECT_EQ(found_by_pkg("nginx-1.26.2_4,3               Robust and small WWW server\n"
                           "nginx-ultimate-bad-bot-blocker-4.2021.07 Nginx bad bot blocker\n"),
              (std::vector<Found>{{"nginx", "1.26.2_4,3", "Robust and small WWW server"},
                                  {"nginx-ultimate-bad-bot-blocker", "4.2021.07", "Nginx bad bot blocker"}}));
}

TEST(Stanzas, OfAptGoOnWhereLinesAreIndented) {
    EXPECT_EQ(
        stanzas_of_deb("Package: bash\n"
                       "Version: 5.2.37-2+b5\n"
                       "Homepage: http://tiswww.case.edu/php/chet/bash/bashtop.html\n"
                       "Description-en: GNU Bourne Again SHell\n"
                       " Bash is an sh-compatible command language interpreter.\n"
                       " .\n"
                       "  * indented once more\n"
                       "Tag: admin::TODO,\n"
                       " interface::commandline\n"
                       "\n"
                       "Package: dash\n"
                       "Version: 0.5.12-12\n"
                       "\n"),
        (std::vector<Stanza>{
            {{"Package", "bash"},
             {"Version", "5.2.37-2+b5"},
             {"Homepage", "http://tiswww.case.edu/php/chet/bash/bashtop.html"},
             {"Description-en",
              "GNU Bourne Again SHell\nBash is an sh-compatible command language interpreter.\n\n * indented once "
              "more"},
             {"Tag", "admin::TODO,\ninterface::commandline"}},
            {{"Package", "dash"}, {"Version", "0.5.12-12"}}}));
    EXPECT_TRUE(stanzas_of_deb("\n\n").empty());
    EXPECT_TRUE(stanzas_of_deb(" of nothing\n").empty());
}

TEST(Stanzas, OfDnf4GoOnBehindAColon) {
    EXPECT_EQ(
        stanzas_in_columns("Last metadata expiration check: 0:10:00 ago on Tue 26 Mar 2024 19:20:59 GMT.\n"
                           "Installed Packages\n"
                           "Name         : bash\n"
                           "Version      : 5.1.8\n"
                           "URL          : https://www.gnu.org/software/bash\n"
                           "Description  : The GNU Bourne Again shell (Bash) is a shell\n"
                           "             : compatible with sh.\n"
                           "\n"
                           "Available Packages\n"
                           "Name         : dash\n"
                           "Summary      : \n"
                           "\n"),
        (std::vector<Stanza>{{{"Name", "bash"},
                              {"Version", "5.1.8"},
                              {"URL", "https://www.gnu.org/software/bash"},
                              {"Description", "The GNU Bourne Again shell (Bash) is a shell\ncompatible with sh."}},
                             {{"Name", "dash"}, {"Summary", ""}}}));
}

TEST(Stanzas, OfDnf5HaveAWiderColumn) {
    EXPECT_EQ(stanzas_in_columns("Updating and loading repositories:\nRepositories loaded.\nInstalled packages\n"
                                 "Name            : less\nEpoch           : 0\n"
                                 "Description     : The less utility: a text file browser\n"
                                 "                : that resembles more.\n\n"
                                 "Available packages\nName            : more\nVendor          :\n"),
              (std::vector<Stanza>{{{"Name", "less"},
                                    {"Epoch", "0"},
                                    {"Description", "The less utility: a text file browser\nthat resembles more."}},
                                   {{"Name", "more"}, {"Vendor", ""}}}));
}

TEST(Stanzas, OfPacmanGoOnWhereLinesAreIndented) {
    EXPECT_EQ(stanzas_in_columns("Repository      : extra\n"
                                 "Name            : nginx\n"
                                 "Optional Deps   : perl: for the module\n"
                                 "                  geoip: where from\n"
                                 "Build Date      : Tue 26 Mar 2024 19:20:59 UTC\n"
                                 "\n"),
              (std::vector<Stanza>{{{"Repository", "extra"},
                                    {"Name", "nginx"},
                                    {"Optional Deps", "perl: for the module\ngeoip: where from"},
                                    {"Build Date", "Tue 26 Mar 2024 19:20:59 UTC"}}}));
}

TEST(Stanzas, OfPkgAreTheFieldsThatItIsAskedFor) {
    const auto& manager = manager_of("pkg");
    EXPECT_FALSE(manager.fields.empty());
    EXPECT_EQ(manager.stanzas("Name: nginx\nVersion: 1.26.2_4,3\nWWW: https://nginx.com/\n\n"
                              "Name: bash\nVersion: 5.2.37\n\n"),
              (std::vector<Stanza>{{{"Name", "nginx"}, {"Version", "1.26.2_4,3"}, {"WWW", "https://nginx.com/"}},
                                   {{"Name", "bash"}, {"Version", "5.2.37"}}}));
}

TEST(Managers, ReadAllThatTheyPrint) {
    for (const auto& manager : managers()) {
        EXPECT_NE(manager.found, nullptr) << manager.name;
        EXPECT_NE(manager.stanzas, nullptr) << manager.name;
    }
}

}  // namespace
}  // namespace kld::packages
