// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct LsArguments {
    ImageArguments image{};
    std::string dataset{}, path{"/"};
    bool recursive = false, json = false;
};

std::string time_text(const Time& time) {
    const auto seconds = static_cast<std::time_t>(time.seconds);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    return text;
}

class Listing {
public:
    explicit Listing(bool json) : json_(json) {}

    void add(const Entry& entry) {
        if (json_)
            add_json(entry);
        else
            print(entry);
    }

    void finish() {
        if (json_)
            std::printf("%s\n",
                        nlohmann::json{{"version", 1}, {"entries", entries_}}.dump(2, ' ', false, kReplace).c_str());
    }

private:
    static constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

    static void print(const Entry& entry) {
        const bool device = S_ISBLK(entry.mode) || S_ISCHR(entry.mode);
        const std::string size = device
                                     ? std::to_string(major(entry.device)) + "," + std::to_string(minor(entry.device))
                                     : std::to_string(S_ISLNK(entry.mode) ? entry.symlink.size() : entry.size);
        std::printf("%s%c %3llu %5llu %5llu %12s %s %s%s%s\n", mode_text(entry.mode).c_str(),
                    entry.xattrs.empty() ? ' ' : '+', static_cast<unsigned long long>(entry.links),
                    static_cast<unsigned long long>(entry.uid), static_cast<unsigned long long>(entry.gid),
                    size.c_str(), time_text(entry.mtime).c_str(), entry.path.c_str(),
                    entry.symlink.empty() ? "" : " -> ", entry.symlink.c_str());
    }

    void add_json(const Entry& entry) {
        auto xattrs = nlohmann::json::object();
        for (const auto& xattr : entry.xattrs) xattrs[xattr.name] = hex(xattr.value);
        nlohmann::json out = {{"path", entry.path},
                              {"mode", entry.mode & 07777},
                              {"type", mode_text(entry.mode).substr(0, 1)},
                              {"uid", entry.uid},
                              {"gid", entry.gid},
                              {"links", entry.links},
                              {"size", entry.size},
                              {"xattrs", xattrs},
                              {"mtime", {entry.mtime.seconds, entry.mtime.nanoseconds}}};
        if (S_ISLNK(entry.mode)) out["target"] = entry.symlink;
        if (S_ISBLK(entry.mode) || S_ISCHR(entry.mode)) out["device"] = {major(entry.device), minor(entry.device)};
        entries_.push_back(std::move(out));
    }

    bool json_;
    nlohmann::json entries_ = nlohmann::json::array();
};

Status list(kz_fs* fs, std::uint64_t object, const std::string& path, bool recursive, Listing& listing) {
    KLD_TRY(const auto names, list_directory(fs, object, path));
    for (const auto& named : names) {
        const std::string child = (path == "/" ? "" : path) + "/" + named.name;
        KLD_TRY(Entry entry, read_entry(fs, named.object, child));
        entry.path = child;
        listing.add(entry);
        if (recursive && S_ISDIR(entry.mode)) KLD_CHECK(list(fs, named.object, child, recursive, listing));
    }
    return {};
}

Status run_ls(const LsArguments& arguments) {
    KLD_TRY(const OpenPool pool, arguments.image.open());
    KLD_TRY(const FileSystem fs, pool.file_system(arguments.dataset));
    KLD_TRY(const auto object, find_object(fs.get(), arguments.path));
    std::string path = arguments.path;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (!path.starts_with('/')) path = "/" + path;
    KLD_TRY(Entry entry, read_entry(fs.get(), object, path));
    Listing listing(arguments.json);
    if (S_ISDIR(entry.mode)) {
        KLD_CHECK(list(fs.get(), object, path, arguments.recursive, listing));
    } else {
        entry.path = path;
        listing.add(entry);
    }
    listing.finish();
    return {};
}

}  // namespace

void add_ls(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<LsArguments>();
    CLI::App* verb = app.add_subcommand("ls", "List a directory of a dataset or snapshot");
    add_image(*verb, arguments->image);
    verb->add_option("dataset", arguments->dataset, "dataset or dataset@snapshot")->required();
    verb->add_option("path", arguments->path, "path in it");
    verb->add_flag("-R,--recursive", arguments->recursive, "with all that lies below");
    verb->add_flag("--json", arguments->json, "print as JSON, with extended attributes in hex");
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_ls(*arguments); }; });
}

}  // namespace kld::pool
