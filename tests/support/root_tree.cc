// SPDX-License-Identifier: BSD-3-Clause
#include "support/root_tree.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.h"

namespace kld::test {
namespace {

constexpr const char* kMounts =
    "25 1 0:23 / / rw shared:1 - zfs rpool/ROOT/default rw\n"
    "40 25 0:35 / /var/log rw shared:23 - zfs rpool/var/log rw\n";

// A snapshot keeps what /opt holds, where all packages of the tests have their files.
constexpr const char* kZfs =
    "#!/bin/sh\n"
    "case $1 in\n"
    "list) cat /test/snapshots ;;\n"
    "snapshot)\n"
    "\tfor name; do :; done\n"
    "\t[ ! -e /test/full ] || { echo \"cannot create snapshot '$name': out of space\" >&2; exit 1; }\n"
    "\t! grep -qxF \"$name\" /test/snapshots || { echo \"cannot create snapshot '$name': dataset already exists\" >&2; "
    "exit 1; }\n"
    "\techo \"$name\" >>/test/snapshots\n"
    "\techo \"${name#*@}:\" $(ls /opt) >>/test/contents ;;\n"
    "destroy)\n"
    "\tgrep -vxF \"$2\" /test/snapshots >/test/left\n"
    "\tmv /test/left /test/snapshots ;;\n"
    "*) exit 2 ;;\n"
    "esac\n";

// The kernel's list of mounts knows no ZFS here: kpkg's own is covered by one that does.
constexpr const char* kKpkg =
    "#!/bin/sh\n"
    "mount --bind /test/mountinfo /proc/$$/mountinfo && exec /test/kpkg \"$@\"\n";

// An ordinary user's root may not look everywhere, and nothing changes there.
constexpr const char* kNames = "find /usr /etc /opt /root /run 2>/dev/null | sort ";

// $1: the directory of the tree, $2: more options for the overlay, $3: the line.
constexpr const char* kEnter =
    "set -e\n"
    "mount -t overlay overlay -o \"lowerdir=/usr,upperdir=$1/upper,workdir=$1/work$2\" \"$1/root/usr\"\n"
    "mount --rbind /dev \"$1/root/dev\"\n"
    "mount --rbind /proc \"$1/root/proc\"\n"
    "exec env -i PATH=/usr/sbin:/usr/bin LC_ALL=C HOME=/root USER=root chroot \"$1/root\" sh -ec \"$3\"\n";

}  // namespace

Result<RootTree> RootTree::make(const std::string& like) {
    KLD_TRY(auto base, TemporaryDirectory::make("/var/tmp"));
    RootTree tree(std::move(base));
    KLD_CHECK(tree.lay_out(like));
    return tree;
}

RootTree::~RootTree() {
    // An overlay leaves a directory that not even its owner may read.
    if (!base_.path().empty()) (void)runner_.run({.argv = {"chmod", "-R", "u+rwX", base_.path() + "/work"}});
}

Status RootTree::lay_out(const std::string& like) {
    // An ordinary user's root may write in directories of their own alone.
    for (const auto* directory :
         {"/work", "/upper/bin", "/upper/sbin", "/upper/lib/python3/dist-packages", "/upper/lib/systemd/system",
          "/upper/share/man/man8", "/upper/share/bash-completion/completions"})
        KLD_CHECK(files_.make_directories(base_.path() + directory));
    for (const auto* directory : {"/usr", "/dev", "/proc", "/etc", "/opt", "/run", "/tmp", "/root", "/test", "/var/log",
                                  "/var/lib", "/var/cache"})
        KLD_CHECK(files_.make_directories(at(directory)));
    for (const auto* name : {"bin", "sbin", "lib", "lib64"})
        KLD_CHECK(runner_.run({.argv = {"ln", "-s", std::string("usr/") + name, at(std::string("/") + name)}}));
    KLD_CHECK(runner_.run({.argv = {"cp", std::string(KLD_BIN_DIR) + "/kldload-tools", at("/test/kpkg")}}));
    KLD_CHECK(files_.write(base_.path() + "/upper/sbin/zfs", kZfs, 0755));
    KLD_CHECK(files_.write(base_.path() + "/upper/bin/kpkg", kKpkg, 0755));
    KLD_CHECK(files_.write(at("/test/mountinfo"), kMounts));
    KLD_CHECK(files_.write(at("/test/snapshots"), ""));
    KLD_CHECK(files_.write(at("/etc/os-release"), "ID=test\nID_LIKE=\"" + like + "\"\n"));
    KLD_CHECK(files_.write(at("/etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n"));
    return files_.write(at("/etc/group"), "root:x:0:\n");
}

Output RootTree::sh(const std::string& line) {
    Command command{.argv = {"unshare"}, .accept = [](int) { return true; }};
    const bool root = ::geteuid() == 0;
    if (!root) command.argv.insert(command.argv.end(), {"--map-root-user"});
    command.argv.insert(command.argv.end(), {"--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "sh",
                                             "-c", kEnter, "sh", base_.path(), root ? "" : ",userxattr", line});
    const auto output = runner_.run(command);
    EXPECT_TRUE(output.has_value()) << render(output.error());
    return output ? *output : Output{-1, {}, {}};
}

std::string RootTree::said(const std::string& line) {
    const auto output = sh(line);
    EXPECT_EQ(output.exit_code, 0) << line << "\n" << output.out << output.err;
    return output.out + output.err;
}

std::string RootTree::read(const std::string& path) {
    const auto text = files_.read(at(path));
    EXPECT_TRUE(text.has_value()) << render(text.error());
    return text.value_or("");
}

void RootTree::write(const std::string& path, const std::string& text, unsigned mode) {
    const auto place = at(path);
    ASSERT_TRUE(files_.make_directories(place.substr(0, place.rfind('/'))));
    const auto written = files_.write(place, text, mode);
    ASSERT_TRUE(written.has_value()) << render(written.error());
}

void RootTree::remember_names() {
    said(std::string(kNames) + ">/test/names");
}

std::string RootTree::changed_names() {
    return said(std::string(kNames) + "| diff /test/names - || :");
}

std::vector<std::string> RootTree::snapshots() {
    return lines(read("/test/snapshots"));
}

std::string RootTree::opt_in(const std::string& snapshot) {
    const auto key = snapshot.substr(snapshot.find('@') + 1) + ":";
    for (const auto& line : lines(read("/test/contents")))
        if (line.starts_with(key)) return std::string(trim(line.substr(key.size())));
    ADD_FAILURE() << "there was no snapshot " << snapshot;
    return {};
}

std::vector<std::string> RootTree::history() {
    return lines(said("kpkg history -H | cut -f 4,5 | tr '\\t' ' '"));
}

std::string RootTree::last_record() {
    const auto all = history();
    return all.empty() ? std::string{} : all.back();
}

void RootTree::fill(bool full) {
    if (full)
        write("/test/full", "");
    else
        ASSERT_TRUE(files_.remove(at("/test/full")));
}

}  // namespace kld::test
