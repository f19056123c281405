// SPDX-License-Identifier: BSD-3-Clause
#include "packages/hooks.h"

#include <fmt/core.h>

#include "base/process_table.h"
#include "base/text.h"

namespace kld::packages {
namespace {

// An apt hook comes before dpkg has touched anything, and its failure ends apt there.
constexpr const char* kApt =
    "// Written by kpkg hooks on; kpkg hooks off takes it away.\n"
    "DPkg::Pre-Invoke { \"[ ! -x /usr/bin/kpkg ] || /usr/bin/kpkg hook before\"; };\n"
    "DPkg::Post-Invoke { \"[ ! -x /usr/bin/kpkg ] || /usr/bin/kpkg hook after\"; };\n";

// libalpm reads one action from each file.
constexpr const char* kPacman =
    "# Written by kpkg hooks on; kpkg hooks off takes it away.\n"
    "[Trigger]\nOperation = Install\nOperation = Upgrade\nOperation = Remove\nType = Package\nTarget = *\n\n"
    "[Action]\nDescription = {0}\nWhen = {1}\nExec = /bin/sh -c '[ ! -x /usr/bin/kpkg ] || /usr/bin/kpkg hook "
    "{2}'\n{3}";

// dnf 5: without raise_error the exit code of an action is passed over. It takes the standard output for orders.
constexpr const char* kDnf5 =
    "# Written by kpkg hooks on; kpkg hooks off takes it away.\n"
    "pre_transaction:::enabled=host-only raise_error=1:/bin/sh -c "
    "[\\ !\\ -x\\ /usr/bin/kpkg\\ ]\\ ||\\ /usr/bin/kpkg\\ hook\\ before\\ >&2\n"
    "post_transaction:::enabled=host-only:/bin/sh -c "
    "[\\ !\\ -x\\ /usr/bin/kpkg\\ ]\\ ||\\ /usr/bin/kpkg\\ hook\\ after\\ >&2\n";

// dnf 4 knows plugins in Python alone. It calls them after a transaction that failed half-way, too.
constexpr const char* kDnf4 =
    "# Written by kpkg hooks on; kpkg hooks off takes it away.\n"
    "import os\nimport subprocess\n\nimport dnf\nimport libdnf.transaction\n\n\n"
    "class Kldload(dnf.Plugin):\n"
    "    name = \"kldload\"\n\n"
    "    def _call(self, when):\n"
    "        if not os.access(\"/usr/bin/kpkg\", os.X_OK) or self.base.conf.installroot != \"/\":\n"
    "            return\n"
    "        if subprocess.call([\"/usr/bin/kpkg\", \"hook\", when]) != 0 and when == \"before\":\n"
    "            raise dnf.exceptions.Error(\"kpkg could not take a snapshot: nothing was changed\")\n\n"
    "    def pre_transaction(self):\n"
    "        self._call(\"before\")\n\n"
    "    def transaction(self):\n"
    "        error = libdnf.transaction.TransactionItemState_ERROR\n"
    "        self._call(\"failed\" if any(item.state == error for item in self.base.transaction) else \"after\")\n";

/// Where dnf 4 looks for plugins, which need not be there yet: beside its own module, which is in
/// /usr/lib/python3.9/site-packages, or in Debian's /usr/lib/python3/dist-packages.
std::string dnf4_plugins(Files& files) {
    for (const auto& python : files.list("/usr/lib").value_or(std::vector<std::string>{}))
        for (const auto* packages : {"site-packages", "dist-packages"})
            if (const auto place = fmt::format("/usr/lib/{}/{}", python, packages);
                python.starts_with("python3") && files.exists(place + "/dnf/plugin.py"))
                return place + "/dnf-plugins";
    return {};
}

/// A system can have both: the compatibility package of dnf 4 beside dnf 5, each called by its own name.
Result<std::vector<HookFile>> dnf_hooks(Files& files) {
    std::vector<HookFile> hooks;
    if (const auto plugins = dnf4_plugins(files); !plugins.empty()) hooks.push_back({plugins + "/kldload.py", kDnf4});
    const std::string actions = "/etc/dnf/libdnf5-plugins/actions.d";
    if (files.exists(actions))
        hooks.push_back({actions + "/kldload.actions", kDnf5});
    else if (files.exists("/usr/bin/dnf5"))
        return fail(actions + " is not here, and dnf 5 is: it would change packages without a snapshot",
                    "install libdnf5-plugin-actions", ExitCode::refused);
    if (hooks.empty())
        return fail("neither dnf 4's module for Python nor dnf 5 is here, and nothing else of dnf can be hooked",
                    "kpkg takes snapshots by itself", ExitCode::refused);
    return hooks;
}

/// Removes what lies in the directory and begins and ends so.
Status remove_all(Files& files, const std::string& directory, const std::string& begin, const std::string& end) {
    for (const auto& name : files.list(directory).value_or(std::vector<std::string>{}))
        if (name.starts_with(begin) && name.ends_with(end)) KLD_CHECK(files.remove(directory + "/" + name));
    return {};
}

struct Parts {
    std::string directory, name;
};

Parts parts_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return {path.substr(0, slash), path.substr(slash + 1)};
}

/// What a writer that was killed left beside it (Files::write): package managers read these directories.
Status remove_partial(Files& files, const Parts& hook) {
    return remove_all(files, hook.directory, hook.name + ".", ".partial");
}

}  // namespace

Result<std::vector<HookFile>> hook_files(const Manager& manager, Files& files) {
    if (manager.name == "apt") return std::vector<HookFile>{{"/etc/apt/apt.conf.d/80kldload-kpkg", kApt}};
    if (manager.name == "pacman")
        return std::vector<HookFile>{
            {"/etc/pacman.d/hooks/00-kldload-kpkg.hook",
             fmt::format(fmt::runtime(kPacman), "Snapshot of the root", "PreTransaction", "before", "AbortOnFail\n")},
            {"/etc/pacman.d/hooks/zz-kldload-kpkg.hook",
             fmt::format(fmt::runtime(kPacman), "Log of the transaction", "PostTransaction", "after", "")}};
    if (manager.name.starts_with("dnf")) return dnf_hooks(files);
    return fail(manager.name + " has no way to be asked before it works", "use kpkg instead of it", ExitCode::refused);
}

zfs::Plan plan_write_hooks(const std::vector<HookFile>& hooks) {
    zfs::Plan plan;
    for (const auto& hook : hooks) plan.steps.push_back({"write " + hook.path, {}});
    return plan;
}

zfs::Plan plan_remove_hooks(const std::vector<HookFile>& hooks, Files& files) {
    zfs::Plan plan;
    for (const auto& hook : hooks)
        if (files.exists(hook.path)) plan.steps.push_back({"remove " + hook.path, {}});
    return plan;
}

Status write_hooks(const std::vector<HookFile>& hooks, Files& files) {
    for (const auto& hook : hooks) {
        const auto parts = parts_of(hook.path);
        KLD_CHECK(files.make_directories(parts.directory));
        KLD_CHECK(remove_partial(files, parts));
        KLD_CHECK(files.write(hook.path, hook.text));
    }
    return {};
}

Status remove_hooks(const std::vector<HookFile>& hooks, Files& files) {
    for (const auto& hook : hooks) {
        const auto [directory, name] = parts_of(hook.path);
        KLD_CHECK(remove_partial(files, {directory, name}));
        KLD_CHECK(files.remove(hook.path));
        if (name.ends_with(".py"))
            KLD_CHECK(remove_all(files, directory + "/__pycache__", name.substr(0, name.size() - 2), ""));
    }
    return {};
}

std::string run_of(Files& files, int pid) {
    // Names are cut after 15 bytes by the kernel.
    const std::vector<std::string> drivers{
        "apt",  "apt-get",         "aptitude", "unattended-upgr", "dnf",    "dnf-3",       "dnf4",
        "dnf5", "dnf5daemon-serv", "yum",      "dnf-automatic",   "pacman", "packagekitd", "dpkg"};
    std::string run;
    for (unsigned depth = 0; pid > 1 && depth < 64; ++depth) {
        const auto process = read_process(files, pid);
        if (contains(drivers, process.name)) run = process_mark(files, pid) + " " + process.name;
        pid = process.parent;
    }
    return run;
}

}  // namespace kld::packages
