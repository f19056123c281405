// SPDX-License-Identifier: BSD-3-Clause
#include "uki/module_tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "uki/elf.h"

namespace kld::uki {
namespace {

/// A ":" separates what is defined from what it needs, in modules.dep.
void read_dependencies(std::string_view text, std::map<std::string, std::string>& paths,
                       std::map<std::string, std::vector<std::string>>& dependencies) {
    for (const auto& line : lines(text)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto path = line.substr(0, colon);
        const auto name = module_name(path);
        paths[name] = path;
        auto& needs = dependencies[name];
        for (const auto& word : words(std::string_view(line).substr(colon + 1))) needs.push_back(module_name(word));
    }
}

/// "softdep NAME pre: A B post: C": all of them may be asked for at run time.
void read_soft_dependencies(std::string_view text, std::map<std::string, std::vector<std::string>>& dependencies) {
    for (const auto& line : lines(text)) {
        const auto parts = words(line);
        if (parts.size() < 3 || parts[0] != "softdep") continue;
        auto& needs = dependencies[module_name(parts[1])];
        for (std::size_t at = 2; at < parts.size(); ++at)
            if (!parts[at].ends_with(':')) needs.push_back(module_name(parts[at]));
    }
}

}  // namespace

std::string module_name(std::string_view path) {
    auto name = std::string(path.substr(path.rfind('/') + 1));
    name = name.substr(0, name.find(".ko"));
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

Result<ModuleTree> ModuleTree::read(Files& files, const std::string& tree, const std::string& version) {
    ModuleTree modules;
    modules.directory_ = fmt::format("{}/usr/lib/modules/{}", tree, version);
    KLD_TRY(const auto dependencies, files.read(modules.directory_ + "/modules.dep"));
    read_dependencies(dependencies, modules.paths_, modules.dependencies_);
    if (const auto soft = files.read(modules.directory_ + "/modules.softdep"))
        read_soft_dependencies(*soft, modules.dependencies_);
    KLD_TRY(const auto built_in, files.read(modules.directory_ + "/modules.builtin"));
    for (const auto& line : lines(built_in)) modules.built_in_.insert(module_name(line));
    std::erase_if(modules.dependencies_, [&](const auto& entry) { return !modules.paths_.contains(entry.first); });
    return modules;
}

std::vector<std::string> ModuleTree::below(std::string_view prefix) const {
    std::vector<std::string> names;
    for (const auto& [name, path] : paths_)
        if (path.starts_with(prefix)) names.push_back(name);
    return names;
}

std::set<std::string> ModuleTree::closure(const std::vector<std::string>& names) const {
    std::set<std::string> closed;
    std::vector<std::string> open;
    for (const auto& name : names) open.push_back(module_name(name));
    while (!open.empty()) {
        const auto name = open.back();
        open.pop_back();
        const auto known = dependencies_.find(name);
        if (known == dependencies_.end() || !closed.insert(name).second) continue;
        open.insert(open.end(), known->second.begin(), known->second.end());
    }
    return closed;
}

Result<std::string> read_module(Files& files, const std::string& path) {
    KLD_TRY(const auto stored, files.read(path));
    if (path.ends_with(".ko")) return stored;
    const std::unique_ptr<archive, int (*)(archive*)> reader(::archive_read_new(), ::archive_read_free);
    ::archive_read_support_filter_all(reader.get());
    ::archive_read_support_format_raw(reader.get());
    const auto broken = [&] {
        const char* reason = ::archive_error_string(reader.get());
        return fail(fmt::format("cannot unpack {}: {}", path, reason == nullptr ? "unknown format" : reason));
    };
    archive_entry* entry = nullptr;
    if (::archive_read_open_memory(reader.get(), stored.data(), stored.size()) != ARCHIVE_OK ||
        ::archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
        return broken();
    std::string bytes;
    std::string chunk(1 << 20, '\0');
    while (true) {
        const auto count = ::archive_read_data(reader.get(), chunk.data(), chunk.size());
        if (count < 0) return broken();
        if (count == 0) return bytes;
        bytes.append(chunk, 0, static_cast<std::size_t>(count));
    }
}

bool has_signature(std::string_view module) {
    return module.ends_with("~Module signature appended~\n");
}

std::string modinfo(std::string_view module, std::string_view name) {
    for (const auto& item : split(elf_section(module, ".modinfo"), '\0'))
        if (item.starts_with(name) && item.substr(name.size()).starts_with('=')) return item.substr(name.size() + 1);
    return {};
}

}  // namespace kld::uki
