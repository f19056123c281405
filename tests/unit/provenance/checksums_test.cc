// SPDX-License-Identifier: BSD-3-Clause
#include "provenance/checksums.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/runner.h"
#include "base/text.h"
#include "digest/sha256.h"
#include "samples/modules.h"

namespace kld::provenance {
namespace {

using modules::test::message_of;

const std::vector<ListedFile> kFiles{{"web 1.qcow2", 375521280, std::string(64, 'a')},
                                     {"web 1.qcow2: 2 bytes", 0, std::string(64, '0')}};

TEST(Checksums, AreReadBackAsTheyWereWritten) {
    const auto text = checksum_list(kFiles);
    EXPECT_EQ(lines(text)[1], "# web 1.qcow2: 375521280 bytes");
    EXPECT_EQ(lines(text)[3], std::string(64, 'a') + "  web 1.qcow2");
    const auto back = parse_checksum_list(text, "x");
    ASSERT_TRUE(back.has_value()) << render(back.error());
    EXPECT_EQ(*back, kFiles);
}

TEST(Checksums, AnyOtherTextIsRefused) {
    const auto text = checksum_list(kFiles);
    const std::vector<std::string> others{
        "",
        "\n",
        checksum_list({}),
        text + "\n",
        text.substr(0, text.size() - 1),
        text + std::string(64, 'a') + "  more\n",
        replace_all(text, "version 1", "version 2"),
        replace_all(text, "375521280", "0375521280"),
        replace_all(text, "375521280", "+375521280"),
        replace_all(text, "375521280", "99999999999999999999"),
        replace_all(text, "aaaa", "AAAA"),
        replace_all(text, "aaaa", "zzzz"),
        replace_all(text, "  web", " *web"),
        replace_all(text, "# web 1.qcow2: 3", "# web 2.qcow2: 3"),
        replace_all(text, "web 1", "../web"),
        replace_all(text, "\n", "\r\n"),
    };
    for (const auto& other : others) {
        EXPECT_EQ(message_of(parse_checksum_list(other, "web.sha256")), "web.sha256 is no list of an image") << other;
    }
    modules::test::torment(text, 3000, [&](const std::string& changed) {
        const auto read = parse_checksum_list(changed, "x");
        EXPECT_TRUE(!read || checksum_list(*read) == changed) << changed;
    });
}

TEST(Checksums, NamesThatSha256sumWritesInAnotherWayAreRefused) {
    for (const auto* name : {"", ".", "..", "a/b", "a\\b", "a\nb", "a\tb", "a\x7f"}) {
        const auto checked = check_listed_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, ExitCode::usage);
    }
    EXPECT_TRUE(check_listed_name("wéb 1 (copy).qcow2"));
}

TEST(Checksums, Sha256sumReadsTheList) {
    const auto directory = TemporaryDirectory::make("/tmp").value();
    RealFiles files;
    const auto path = directory.path() + "/web 1.raw";
    ASSERT_TRUE(files.write(path, std::string(3 << 20, 'x') + "end"));
    const auto file = measure(path);
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(*file, (ListedFile{"web 1.raw", (3U << 20) + 3, sha256_hex(std::string(3 << 20, 'x') + "end")}));
    ASSERT_TRUE(files.write(directory.path() + "/list", checksum_list({*file})));
    ProcessRunner runner;
    const auto checked = runner.run(
        {.argv = {"env", "--chdir=" + directory.path(), "sha256sum", "--check", "--strict", "--warn", "list"}});
    ASSERT_TRUE(checked.has_value()) << render(checked.error());
    EXPECT_EQ(checked->out, "web 1.raw: OK\n");
    EXPECT_FALSE(measure(directory.path() + "/nothing").has_value());
}

}  // namespace
}  // namespace kld::provenance
