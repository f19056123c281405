// SPDX-License-Identifier: BSD-3-Clause
#include "menu/keyring.h"

#include <set>

#include "menu/log.h"
#include "menu/reason.h"

namespace kld::menu {
namespace {

Status load_key(Runner& runner, const std::string& encryption_root, const Secret& passphrase) {
    // Through stdin: what a process was started with can be read by others, and goes into errors and logs.
    Command load{{"zfs", "load-key", "-L", "prompt", encryption_root}};
    load.input = passphrase.view();
    load.timeout = std::chrono::seconds(60);
    const auto done = runner.run(load);
    log_line("key of " + encryption_root + (done ? " loaded" : " refused"));
    if (!done) return fail(reason(done.error()));
    return {};
}

}  // namespace

Status Keyring::unlock(Runner& runner, const std::string& encryption_root, const Secret& passphrase) {
    KLD_CHECK(load_key(runner, encryption_root, passphrase));
    const std::lock_guard lock(mutex_);
    passphrases_[encryption_root] = passphrase;
    return {};
}

bool Keyring::reload(Runner& runner, const std::vector<boot::Dataset>& datasets) {
    std::set<std::string> locked;
    for (const auto& dataset : datasets)
        if (dataset.value("keystatus") == "unavailable") locked.insert(dataset.value("encryptionroot"));
    bool any = false;
    for (const auto& root : locked)
        if (const auto passphrase = find(root)) any = load_key(runner, root, *passphrase).has_value() || any;
    return any;
}

std::optional<Secret> Keyring::find(const std::string& encryption_root) {
    const std::lock_guard lock(mutex_);
    const auto at = passphrases_.find(encryption_root);
    return at == passphrases_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace kld::menu
