// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "initramfs/elf_needed.h"

namespace kld::initramfs {
namespace {

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// "a/b/usb-storage.ko.xz" → "usb_storage": the kernel does not tell - from _.
std::string module_name(std::string_view path) {
    const auto base = base_name(path);
    const auto dot = base.find(".ko");
    return dot == std::string_view::npos ? std::string{} : replace_all(std::string(base.substr(0, dot)), "-", "_");
}

bool is_program(std::string_view path) {
    const auto base = base_name(path);
    return base == "zpool" || base == "zfs" || base == "mount.zfs";
}

bool is_interesting(std::string_view path) {
    const auto base = base_name(path);
    const auto module = module_name(path);
    return module == "zfs" || module == "spl" || base == "modules.dep" || base == "modules.builtin" ||
           path == "etc/hostid" || path.starts_with("etc/zfs/zpool.cache") || is_program(path) ||
           base.find(".so") != std::string_view::npos;
}

class Checker {
public:
    Checker(const Image& image, const Expectations& expected) : image_(image), expected_(expected) {
        const auto directory = image.resolve("lib/modules/" + expected.kernel);
        modules_ = directory.value_or("usr/lib/modules/" + expected.kernel) + "/";
    }

    Report run() {
        check_unpacked();
        for (const auto* name : {"zfs", "spl"}) check_module(name);
        check_index();
        for (const auto* name : {"zpool", "zfs", "mount.zfs"}) check_program(name);
        check_import();
        check_hostid();
        check_libraries();
        for (const auto& driver : expected_.drivers) check_driver(driver);
        for (const auto& path : expected_.files) check_file(path);
        return std::move(report_);
    }

private:
    void add(std::string id, bool ok, std::string evidence, std::string fix) {
        report_.findings.push_back({std::move(id), ok, std::move(evidence), ok ? std::string{} : std::move(fix)});
    }
    std::string rebuild() const {
        const auto command = rebuild_command(expected_.generator, expected_.kernel);
        return command.empty() ? "make the initramfs again" : join(command, " ");
    }
    const char* glue() const {
        if (expected_.generator == Generator::mkinitcpio) return "zfs-utils";
        return expected_.generator == Generator::dracut ? "zfs-dracut" : "zfs-initramfs";
    }

    /// Paths of modules with this name for the wanted kernel; links that lead nowhere do not count.
    std::vector<std::string> modules_named(const std::string& name) const {
        std::vector<std::string> found;
        const auto wanted = replace_all(name, "-", "_");
        for (auto at = image_.entries.lower_bound(modules_);
             at != image_.entries.end() && at->first.starts_with(modules_); ++at)
            if (module_name(at->first) == wanted && image_.find(at->first) != nullptr &&
                image_.find(at->first)->size > 0)
                found.push_back(at->first);
        return found;
    }

    const std::string* content(std::string_view path) const {
        const auto* entry = image_.find(path);
        return entry != nullptr && entry->content ? &*entry->content : nullptr;
    }

    void check_unpacked() {
        std::string evidence = fmt::format("{} segments, {} entries", image_.segments.size(), image_.entries.size());
        if (!image_.lost.empty())
            evidence = fmt::format("{} entries have no directory to go to, the first is {}", image_.lost.size(),
                                   image_.lost.front());
        add("unpacked", image_.lost.empty(), std::move(evidence), "the image was put together wrongly; " + rebuild());
    }

    void check_module(const std::string& name) {
        const auto paths = modules_named(name);
        if (!paths.empty()) {
            if (const auto* bytes = content(paths.front())) report_.modules[name] = *bytes;
            add(name + ".ko", true, paths.front(), {});
            return;
        }
        std::string evidence = fmt::format("no {}.ko under {}", name, modules_);
        for (const auto& [path, entry] : image_.entries)
            if (module_name(path) == name) evidence += ", but " + path;
        add(name + ".ko", false, std::move(evidence),
            fmt::format("install zfs-modules-{}, then {}", expected_.kernel, rebuild()));
    }

    void check_index() {
        const auto path = modules_ + "modules.dep";
        const auto* text = content(path);
        if (text == nullptr)
            return add("modules.dep", false, "no " + path, "depmod " + expected_.kernel + ", then " + rebuild());
        for (const auto& line : lines(*text)) {
            const auto colon = line.find(':');
            if (colon == std::string::npos || module_name(line.substr(0, colon)) != "zfs") continue;
            for (const auto& file : words(line.substr(0, colon) + " " + line.substr(colon + 1)))
                if (image_.find(modules_ + file) == nullptr)
                    return add("modules.dep", false, fmt::format("{} names {}, which is not there", path, file),
                               rebuild());
            return add("modules.dep", true, line, {});
        }
        add("modules.dep", false, path + " names no zfs.ko", "depmod " + expected_.kernel + ", then " + rebuild());
    }

    void check_program(const std::string& name) {
        for (const auto* directory : {"usr/sbin/", "sbin/", "usr/bin/"}) {
            const auto* entry = image_.find(directory + name);
            if (entry != nullptr && entry->is_file() && entry->size > 0 && (entry->mode & 0111U) != 0)
                return add(name, true, directory + name, {});
        }
        add(name, false, fmt::format("no program usr/sbin/{}", name),
            fmt::format("install {}, then {}", glue(), rebuild()));
    }

    void check_import() {
        if (expected_.generator == Generator::own) return;
        if (expected_.generator == Generator::dracut) return check_dracut_import();
        const std::vector<std::string> wanted = expected_.generator == Generator::mkinitcpio
                                                    ? std::vector<std::string>{"hooks/zfs"}
                                                    : std::vector<std::string>{"scripts/zfs", "conf/conf.d/zfs"};
        for (const auto& path : wanted) {
            const auto* entry = image_.find(path);
            if (entry == nullptr || entry->size == 0)
                return add("import", false, fmt::format("no {}", path),
                           fmt::format("install {}, then {}", glue(), rebuild()));
        }
        add("import", true, join(wanted, ", "), {});
    }

    /// Directories differ between releases of dracut: names are what counts.
    void check_dracut_import() {
        std::set<std::string_view> names;
        for (const auto& [path, entry] : image_.entries)
            if (entry.size > 0 || entry.is_link()) names.insert(base_name(path));
        for (const auto* name :
             {"95-parse-zfs.sh", "98-mount-zfs.sh", "dracut-zfs-generator", "dracut-zfs-lib.sh", "zfs-import.target"})
            if (!names.contains(name))
                return add("import", false, fmt::format("no {}", name),
                           "install zfs-dracut, add_dracutmodules+=\" zfs \" in /etc/dracut.conf.d, then " + rebuild());
        add("import", true, "95-parse-zfs.sh, 98-mount-zfs.sh, dracut-zfs-generator", {});
    }

    void check_hostid() {
        const auto* bytes = content("etc/hostid");
        const auto fix = "write /etc/hostid with zgenhostid, then " + rebuild();
        if (bytes == nullptr) return add("hostid", false, "no etc/hostid", fix);
        if (bytes->size() != 4)
            return add("hostid", false, fmt::format("etc/hostid has {} bytes, not 4", bytes->size()), fix);
        if (*bytes == std::string(4, '\0')) return add("hostid", false, "etc/hostid is zero", fix);
        if (expected_.hostid && *bytes != *expected_.hostid)
            return add("hostid", false,
                       fmt::format("etc/hostid has the bytes {}, expected are {}", hex(*bytes), hex(*expected_.hostid)),
                       rebuild());
        add("hostid", true, "bytes " + hex(*bytes), {});
    }

    /// Where the loader would find a library: any directory whose name says lib.
    std::string library(const std::string& name) const {
        for (const auto& [path, entry] : image_.entries)
            if (base_name(path) == name && path.find("lib") != std::string::npos && content(path) != nullptr)
                return path;
        return {};
    }

    void check_libraries() {
        constexpr std::size_t kMostLibraries = 1000;
        // libgcc_s is loaded at run time, by pthread_exit and pthread_cancel: no program lists it.
        std::vector<std::string> open{"libgcc_s.so.1"};
        std::set<std::string> seen;
        std::vector<std::string> missing;
        const auto follow = [&](const std::string& path, const std::string& bytes) {
            const auto needs = read_needs(bytes);
            if (!needs) return missing.push_back(fmt::format("{} ({})", path, needs.error().message));
            if (!needs->interpreter.empty() && image_.find(needs->interpreter) == nullptr)
                missing.push_back(needs->interpreter);
            open.insert(open.end(), needs->libraries.begin(), needs->libraries.end());
        };
        for (const auto* program : {"zpool", "zfs", "mount.zfs"})
            for (const auto* directory : {"usr/sbin/", "sbin/", "usr/bin/"})
                if (const auto* bytes = content(directory + std::string(program))) {
                    follow(directory + std::string(program), *bytes);
                    break;
                }
        while (!open.empty()) {
            const auto name = open.back();
            open.pop_back();
            if (!seen.insert(name).second) continue;
            if (seen.size() > kMostLibraries) {
                missing.push_back("an end: more than a thousand libraries need each other");
                break;
            }
            const auto path = library(name);
            if (path.empty()) {
                missing.push_back(name);
                continue;
            }
            follow(path, *content(path));
        }
        add("libraries", missing.empty(),
            missing.empty() ? fmt::format("{} libraries of zpool, zfs and mount.zfs", seen.size())
                            : "missing: " + join(missing, ", "),
            rebuild());
    }

    void check_driver(const std::string& name) {
        const auto id = "driver." + name;
        if (const auto paths = modules_named(name); !paths.empty()) return add(id, true, paths.front(), {});
        if (const auto* builtin = content(modules_ + "modules.builtin"))
            for (const auto& line : lines(*builtin))
                if (module_name(line) == replace_all(name, "-", "_")) return add(id, true, "built in: " + line, {});
        add(id, false, "neither a module nor in modules.builtin",
            (expected_.generator == Generator::dracut ? "set hostonly=no in /etc/dracut.conf.d, then "
                                                      : "set MODULES=most in /etc/initramfs-tools, then ") +
                rebuild());
    }

    void check_file(const std::string& path) {
        const auto* entry = image_.find(path);
        const bool there = entry != nullptr && entry->size > 0;
        add("file." + path, there, there ? fmt::format("{} bytes", entry->size) : "no " + path,
            "install the package that puts it there, then " + rebuild());
    }

    const Image& image_;
    const Expectations& expected_;
    std::string modules_;  ///< directory of the wanted kernel's modules, with a slash at the end
    Report report_;
};

Report report_on(Image image, const Expectations& expected) {
    auto report = Checker(image, expected).run();
    report.image = std::move(image);
    return report;
}

}  // namespace

bool Report::ok() const {
    return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.ok; });
}

Error Report::error(const std::string& image) const {
    Error error{fmt::format("the initramfs {} could not mount a ZFS root", image)};
    for (const auto& finding : findings) {
        if (finding.ok) continue;
        error.details.push_back(fmt::format("{}: {}", finding.id, finding.evidence));
        if (error.hint.empty()) error.hint = finding.fix;
    }
    return error;
}

Result<Report> check_initramfs(std::string_view image, const Expectations& expected) {
    KLD_TRY(auto read, read_image(image, is_interesting));
    return report_on(std::move(read), expected);
}

Result<Report> check_initramfs_file(const std::string& path, const Expectations& expected) {
    KLD_TRY(auto read, read_image_file(path, is_interesting));
    return report_on(std::move(read), expected);
}

}  // namespace kld::initramfs
