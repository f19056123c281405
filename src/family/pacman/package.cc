// SPDX-License-Identifier: BSD-3-Clause
#include "family/pacman/package.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "packing/stage.h"

namespace kld::pacman {
namespace {

const char* architecture(const packing::Package& package) {
    return package.native ? "x86_64" : "any";
}

/// bsdtar with what is root's, whoever builds, and nothing of the builder's file system.
std::vector<std::string> bsdtar(const std::string& tree, const std::string& list, std::vector<std::string> more) {
    std::vector<std::string> argv{"bsdtar", "--create",    "--directory", tree,        "--no-recursion", "--uid",
                                  "0",      "--gid",       "0",           "--uname",   "root",           "--gname",
                                  "root",   "--no-fflags", "--no-xattrs", "--no-acls", "--files-from",   list};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
}

/// One line a path: first what pacman looks for, then directories and files, each behind what it lies in.
std::string paths_of(const packing::Package& package, const std::vector<std::string>& own) {
    auto paths = packing::directories_of(package.files);
    for (const auto& file : package.files) paths.push_back(file.path);
    std::sort(paths.begin(), paths.end());
    paths.insert(paths.begin(), own.begin(), own.end());
    return join(paths, "\n") + "\n";
}

/// What pacman -Qkk compares the installed files with.
Status write_mtree(Runner& runner, const std::string& tree, const std::string& list, const std::string& work) {
    const auto plain = work + "/mtree";
    KLD_CHECK(runner.run(
        {.argv = bsdtar(tree, list,
                        {"--format=mtree", "--options=!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link",
                         "--file", plain})}));
    KLD_CHECK(runner.run({.argv = {"gzip", "--no-name", "--best", plain}}));
    KLD_CHECK(runner.run({.argv = {"mv", plain + ".gz", tree + "/.MTREE"}}));
    return {};
}

}  // namespace

std::string info_text(const packing::Package& package, long epoch) {
    std::size_t size = 0;
    for (const auto& file : package.files) size += file.bytes.size();
    auto text = fmt::format(
        "pkgname = {0}\npkgbase = {0}\npkgver = {1}-1\npkgdesc = {2}\nbuilddate = {3}\npackager = {4}\nsize = {5}\n"
        "arch = {6}\nlicense = BSD-3-Clause\n",
        package.name, package.version, package.summary, epoch, packing::kMaintainer, size, architecture(package));
    for (const auto& file : package.files)
        if (packing::is_configuration(file)) text += "backup = " + file.path + "\n";
    for (const auto& name : package.depends) text += "depend = " + name + "\n";
    return text;
}

std::string install_text(const packing::Package& package) {
    if (package.functions.empty()) return {};
    return fmt::format(
        "root=\n{}\npost_install() {{\n\tinstalled\n}}\n\npre_remove() {{\n\tbefore_removal\n}}\n\n"
        "post_remove() {{\n\tremoved\n}}\n",
        package.functions);
}

Result<std::string> pack(Runner& runner, Files& files, const packing::Package& package, const std::string& directory,
                         long epoch) {
    KLD_TRY(const auto work, TemporaryDirectory::make(directory));
    const auto tree = work.path() + "/tree", list = work.path() + "/list";
    KLD_CHECK(packing::stage(runner, files, tree, package.files));
    KLD_CHECK(files.write(tree + "/.PKGINFO", info_text(package, epoch)));
    std::vector<std::string> own{".PKGINFO"};
    if (const auto scripts = install_text(package); !scripts.empty()) {
        KLD_CHECK(files.write(tree + "/.INSTALL", scripts));
        own.emplace_back(".INSTALL");
    }
    KLD_CHECK(packing::set_times(runner, tree, epoch));
    KLD_CHECK(files.write(list, paths_of(package, own)));
    KLD_CHECK(write_mtree(runner, tree, list, work.path()));
    own.emplace_back(".MTREE");
    KLD_CHECK(packing::set_times(runner, tree, epoch));
    KLD_CHECK(files.write(list, paths_of(package, own)));
    const auto name = fmt::format("{}-{}-1-{}.pkg.tar.zst", package.name, package.version, architecture(package));
    KLD_CHECK(runner.run({.argv = bsdtar(tree, list, {"--zstd", "--file", work.path() + "/" + name})}));
    KLD_CHECK(files.rename(work.path() + "/" + name, directory + "/" + name));
    return directory + "/" + name;
}

}  // namespace kld::pacman
