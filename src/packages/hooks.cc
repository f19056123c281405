// SPDX-License-Identifier: BSD-3-Clause
#include "packages/hooks.h"

#include <fmt/core.h>

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

struct Process {
    std::string name;
    std::string start;
    int parent = 0;
};

/// proc_pid_stat(5): the name is in parentheses and may have any letter in it.
Process read_process(Files& files, int pid) {
    const auto text = files.read(fmt::format("/proc/{}/stat", pid)).value_or("");
    const auto open = text.find('('), close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return {};
    const auto fields = words(std::string_view(text).substr(close + 1));
    constexpr std::size_t kParent = 1, kStart = 19;
    if (fields.size() <= kStart) return {};
    return {text.substr(open + 1, close - open - 1), fields[kStart],
            static_cast<int>(parse_number(fields[kParent]).value_or(0))};
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

Status write_hooks(const std::vector<HookFile>& hooks, Files& files) {
    for (const auto& hook : hooks) {
        KLD_CHECK(files.make_directories(hook.path.substr(0, hook.path.rfind('/'))));
        KLD_CHECK(files.write(hook.path, hook.text));
    }
    return {};
}

Status remove_hooks(const std::vector<HookFile>& hooks, Files& files) {
    for (const auto& hook : hooks) {
        KLD_CHECK(files.remove(hook.path));
        if (!hook.path.ends_with(".py")) continue;
        const auto slash = hook.path.rfind('/');
        const auto compiled = hook.path.substr(0, slash) + "/__pycache__";
        const auto stem = hook.path.substr(slash + 1, hook.path.size() - slash - 3);
        for (const auto& name : files.list(compiled).value_or(std::vector<std::string>{}))
            if (name.starts_with(stem)) KLD_CHECK(files.remove(compiled + "/" + name));
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
        if (contains(drivers, process.name)) run = fmt::format("{}-{}", pid, process.start);
        pid = process.parent;
    }
    return run;
}

}  // namespace kld::packages
