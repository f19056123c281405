// SPDX-License-Identifier: BSD-3-Clause
#include "family/dnf/rpm.h"

#include <fmt/core.h>

#include "base/text.h"
#include "packing/stage.h"

namespace kld::dnf {
namespace {

// The files are as they shall be: rpmbuild neither strips nor compresses any, and what it says of itself and of the
// host is the same everywhere. zstd is what rpm of Enterprise Linux 9 and Fedora use themselves.
constexpr const char* kSettings =
    "%global __os_install_post %{nil}\n"
    "%global debug_package %{nil}\n"
    "%global _build_id_links none\n"
    "%global _binary_payload w19.zstdio\n"
    "%global _source_filedigest_algorithm 8\n"
    "%global _binary_filedigest_algorithm 8\n"
    "%global optflags %{nil}\n"
    "%global _buildhost localhost\n"
    "%global use_source_date_epoch_as_buildtime 1\n"
    "%global clamp_mtime_to_source_date_epoch 1\n\n";

/// rpm has macros everywhere in a spec file, scripts included.
std::string literally(const std::string& text) {
    return replace_all(text, "%", "%%");
}

/// rpm says how many instances of the package there will be. In an update the scripts of the older one come last.
std::string script(const packing::Package& package, const char* when, unsigned instances, const char* function) {
    return fmt::format("%{}\nroot=\n{}\n[ \"$1\" != {} ] || {}\n\n", when, literally(package.functions), instances,
                       function);
}

/// rpm removes the directories that it was told of, and takes no harm from several packages with the same one. Those of
/// every system are left to it.
bool is_of_every_system(const std::string& directory) {
    static const std::vector<std::string> known{
        "etc",       "usr",           "usr/bin",           "usr/lib", "usr/lib/systemd", "usr/lib/systemd/system",
        "usr/share", "usr/share/man", "usr/share/man/man8"};
    return contains(known, directory);
}

std::string files_list(const packing::Package& package) {
    std::string text = "%files\n";
    for (const auto& directory : packing::directories_of(package.files))
        if (!is_of_every_system(directory))
            text += fmt::format("%dir %attr(0755, root, root) \"/{}\"\n", literally(directory));
    for (const auto& file : package.files) {
        const auto mode = file.link.empty() ? fmt::format("{:04o}", file.mode) : std::string("-");
        text += fmt::format("{}%attr({}, root, root) \"/{}\"\n",
                            packing::is_configuration(file) ? "%config(noreplace) " : "", mode, literally(file.path));
    }
    return text;
}

const char* architecture(const packing::Package& package) {
    return package.native ? "x86_64" : "noarch";
}

}  // namespace

std::string spec_text(const packing::Package& package) {
    std::string text = kSettings;
    text += fmt::format(
        "Name: {}\nVersion: {}\nRelease: 1\nSummary: {}\nLicense: BSD-3-Clause\nPackager: {}\nBuildArch: {}\n"
        "AutoReqProv: no\n",
        package.name, package.version, literally(package.summary), packing::kMaintainer, architecture(package));
    for (const auto& name : package.depends) text += "Requires: " + name + "\n";
    text += fmt::format("\n%description\n{}\n\n%install\ncp -a %{{kld_tree}}/. %{{buildroot}}/\n\n",
                        literally(package.description));
    if (!package.functions.empty())
        text += script(package, "post", 1, "installed") + script(package, "preun", 0, "before_removal") +
                script(package, "postun", 0, "removed");
    return text + files_list(package);
}

Result<std::string> pack(Runner& runner, Files& files, const packing::Package& package, const std::string& directory,
                         long epoch) {
    KLD_TRY(const auto work, TemporaryDirectory::make(directory));
    const auto tree = work.path() + "/tree", spec = work.path() + "/" + package.name + ".spec";
    KLD_CHECK(packing::stage(runner, files, tree, package.files));
    KLD_CHECK(packing::set_times(runner, tree, epoch));
    KLD_CHECK(files.write(spec, spec_text(package)));
    const auto name = fmt::format("{}-{}-1.{}.rpm", package.name, package.version, architecture(package));
    // HOME: the macros of who builds are not the package's.
    KLD_CHECK(
        runner.run({.argv = {"rpmbuild", "-bb", "--quiet", "--target", std::string(architecture(package)) + "-linux",
                             "--define", "_topdir " + work.path() + "/build", "--define", "_rpmdir " + work.path(),
                             "--define", "_rpmfilename " + name, "--define", "kld_tree " + tree, spec},
                    .environment = {fmt::format("SOURCE_DATE_EPOCH={}", epoch), "HOME=" + work.path()}}));
    KLD_CHECK(files.rename(work.path() + "/" + name, directory + "/" + name));
    return directory + "/" + name;
}

}  // namespace kld::dnf
