// SPDX-License-Identifier: BSD-3-Clause
#include "uki/menu_keymaps.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "base/text.h"
#include "base/tree_runner.h"
#include "uki/xkb_rules.h"

namespace kld::uki {
namespace {

/// The binary form of one layout.
Result<std::string> compile(Runner& tree, const std::string& name) {
    // The compact form has one table for each modifier that people use; the full one, 128 tables, differs in Caps Lock.
    Command compiler{{"ckbcomp", "-compact", "-model", "pc105"}};
    for (auto& part : split(name, ':')) compiler.argv.push_back(std::move(part));
    KLD_TRY(const auto text, tree.run(compiler));
    Command binary{{"loadkeys", "--quiet", "--unicode", "--bkeymap", "-"}};
    binary.input = text.out;
    KLD_TRY(auto bytes, tree.run(binary));
    KLD_CHECK(boot::parse_keymap(bytes.out));
    return std::move(bytes.out);
}

}  // namespace

Result<std::vector<boot::KeymapName>> make_keymaps(Runner& runner, Files& files, const std::string& tree,
                                                   const std::string& output, unsigned threads) {
    KLD_TRY(const auto text, files.read(tree + kXkbRules));
    const auto rules = parse_xkb_rules(text);
    auto names = rules.layouts;
    names.insert(names.end(), rules.variants.begin(), rules.variants.end());
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.name < b.name; });

    TreeRunner inside(runner, tree);
    std::vector<std::optional<Result<std::string>>> compiled(names.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (auto index = next++; index < names.size(); index = next++)
            compiled[index] = compile(inside, names[index].name);
    };
    std::vector<std::thread> others;
    for (unsigned count = 1; count < threads; ++count) others.emplace_back(work);
    work();
    for (auto& thread : others) thread.join();

    KLD_CHECK(files.make_directories(output));
    std::vector<boot::KeymapName> made;
    for (std::size_t index = 0; index < names.size(); ++index) {
        const auto& bytes = *compiled[index];
        if (!bytes && names[index].name == boot::kKernelKeymap) return fail(bytes.error());
        if (!bytes) continue;
        KLD_CHECK(files.write(fmt::format("{}/{}{}", output, names[index].name, boot::kKeymapSuffix), *bytes));
        made.push_back(names[index]);
    }
    if (std::none_of(made.begin(), made.end(),
                     [](const boot::KeymapName& name) { return name.name == boot::kKernelKeymap; }))
        return fail(fmt::format("{}{} has no layout {}", tree, kXkbRules, boot::kKernelKeymap));
    KLD_CHECK(files.write(output + "/" + boot::kKeymapList, boot::keymap_list_text(made)));
    return made;
}

}  // namespace kld::uki
