// SPDX-License-Identifier: BSD-3-Clause
#include "change_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"
#include "digest/sha256.h"
#include "pool/image_file.h"

namespace kld::test {

namespace {

constexpr std::uint64_t kLabel = 256 << 10, kPhys = 16 << 10, kPhysBytes = 112 << 10, kSum = 32;

/// The sum of what a label says, as OpenZFS keeps it: over the place where it lies, too.
void seal(std::string& phys, std::uint64_t place) {
    std::string sum(kSum, '\0');
    for (int i = 0; i < 8; ++i) sum[static_cast<std::size_t>(i)] = static_cast<char>(place >> 8 * i);
    phys.replace(phys.size() - kSum, kSum, sum);
    const std::string hex = sha256_hex(phys);
    for (std::size_t i = 0; i < kSum; ++i)
        sum[i / 8 * 8 + 7 - i % 8] = static_cast<char>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
    phys.replace(phys.size() - kSum, kSum, sum);
}

}  // namespace

void ChangeTest::SetUp() {
    small_tree();
    auto with_snapshot = layout();
    with_snapshot["snapshot"] = "base";
    create({"--layout", write_layout(with_snapshot), "--tree", at("tree")});
}

Output ChangeTest::change(const std::string& verb, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& before) {
    std::vector<std::string> all = {verb, "--image", at("image")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return pool(all, before);
}

nlohmann::json ChangeTest::listed(const std::string& image) {
    const auto output = pool({"list", "--json", "--image", at(image)});
    EXPECT_EQ(output.exit_code, 0) << output.err;
    return output.exit_code == 0 ? nlohmann::json::parse(output.out) : nlohmann::json::object();
}

nlohmann::json ChangeTest::properties_of(const std::string& dataset, const std::string& image) {
    const auto list = listed(image);
    for (const auto& one : list["datasets"])
        if (one["name"] == dataset) return one["properties"];
    ADD_FAILURE() << "there is no " << dataset;
    return nlohmann::json::object();
}

nlohmann::json ChangeTest::pool_properties(const std::string& image) {
    return listed(image)["pool"]["properties"];
}

void ChangeTest::expect_refused(const Output& output, int code, const std::vector<std::string>& words) {
    EXPECT_EQ(output.exit_code, code) << output.err;
    for (const auto& word : words)
        EXPECT_NE(output.err.find(word), std::string::npos) << word << " is not in: " << output.err;
    EXPECT_EQ(output.out, "");
}

std::string ChangeTest::seen(const std::string& image) {
    std::string all;
    const auto list = listed(image);
    for (const char* name : {"guid", "comment", "compatibility", "bootfs", "autotrim"})
        all += list["pool"]["properties"].value(name, nlohmann::json()).dump() + "\n";
    for (const auto& dataset : list["datasets"]) {
        const std::string name = dataset["name"];
        // What an interrupted change has left, until the next one.
        if (name.ends_with("@kldload-apply")) continue;
        all += name + "\n";
        for (const auto& [property, value] : dataset["properties"].items())
            if (value["source"] == "local") all += property + " " + value.dump() + "\n";
        const auto& properties = dataset["properties"];
        if (!properties.contains("mountpoint") || properties["mountpoint"]["value"] == "none") continue;
        const auto files = pool({"ls", "-R", "--json", "--image", at(image), name});
        EXPECT_EQ(files.exit_code, 0) << name << files.err;
        all += files.out;
    }
    return all;
}

void ChangeTest::copy(const std::string& from, const std::string& to) {
    run({"cp", "--sparse=always", at(from), at(to)});
}

void ChangeTest::set_state(const std::string& image, char state) {
    const auto file = Fd::open(at(image), O_RDWR);
    const auto size = *file->size();
    // The name, the type of a 64-bit number, that there is one, and the number.
    const std::string name("state\0\0\0\0\0\0\x08\0\0\0\1\0\0\0\0\0\0\0", 23);
    for (const auto& range : pool::label_ranges(size))
        for (const std::uint64_t label : {range.offset, range.offset + kLabel}) {
            std::string phys = *file->read_at(kPhysBytes, label + kPhys);
            const auto at = phys.find(name);
            ASSERT_NE(at, std::string::npos);
            phys[at + name.size()] = state;
            seal(phys, label + kPhys);
            ASSERT_TRUE(file->write_at(phys, label + kPhys));
        }
}

}  // namespace kld::test
