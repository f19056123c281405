// SPDX-License-Identifier: BSD-3-Clause
#include "firstboot/apply.h"

#include <fmt/core.h>

#include <optional>

#include "base/file_mode.h"
#include "base/text.h"
#include "boot/hostid.h"

namespace kld::firstboot {
namespace {

class Worker {
public:
    Worker(const World& world, Runner& runner, Files& files) : world_(world), runner_(runner), files_(files) {}

    Status run(const Step& step) {
        switch (step.kind) {
            case Step::Kind::hostid:
                return hostid();
            case Step::Kind::grow_partition:
                return grow_partition(step);
            case Step::Kind::grow_vdev:
                return command({"zpool", "online", "-e", world_.pool, step.device});
            case Step::Kind::compatibility:
                return compatibility();
            case Step::Kind::reguid:
                return command({"zpool", "reguid", world_.pool});
            case Step::Kind::host_keys:
                return command({"ssh-keygen", "-A"});
            case Step::Kind::nvme_names:
                return nvme_names();
            case Step::Kind::done:
                return files_.remove(kMarker);
        }
        return {};
    }

private:
    Status command(std::vector<std::string> argv, std::string input = {}) {
        KLD_CHECK(runner_.run({.argv = std::move(argv), .input = std::move(input)}));
        return {};
    }

    Status hostid() {
        if (!boot::is_own_hostid(world_.hostid))
            return fail(
                fmt::format("the kernel runs with the hostid 0x{:08x}, which is no machine's own", world_.hostid),
                "start it by the boot menu; D there, on this environment, lets the next start have its own");
        for (const auto& path : world_.initramfs) {
            KLD_TRY(auto bytes, files_.read(path));
            KLD_TRY(const auto own, with_hostid(std::move(bytes), world_.hostid));
            KLD_CHECK(files_.write(path, own, mode_of(path, 0600)));  // it may have a key in it
        }
        return files_.write("/etc/hostid", boot::hostid_file(world_.hostid));
    }

    Status grow_partition(const Step& step) {
        // sfdisk cannot make the kernel re-read a disk in use; partx tells it the one new size.
        KLD_CHECK(command(
            {"sfdisk", "--no-reread", "--no-tell-kernel", "--force", "-N", std::to_string(step.number), step.disk},
            ", +\n"));
        return command({"partx", "--update", "--nr", std::to_string(step.number), step.disk});
    }

    Status nvme_names() {
        KLD_TRY(const auto text, files_.read("/proc/sys/kernel/random/uuid"));
        const std::string uuid(trim(text));
        if (uuid.empty()) return fail("the kernel gave no UUID for the NVMe host names");
        for (const auto& path : world_.nvme_names) {
            const auto* prefix = path == kNvmeHostnqn ? "nqn.2014-08.org.nvmexpress:uuid:" : "";
            KLD_CHECK(files_.write(path, prefix + uuid + "\n", 0644));
        }
        return {};
    }

    Status compatibility() {
        KLD_CHECK(command({"zpool", "set", "compatibility=" + world_.compatibility, world_.pool}));
        return command({"zpool", "upgrade", world_.pool});
    }

    const World& world_;
    Runner& runner_;
    Files& files_;
};

}  // namespace

Status apply(const World& world, const std::vector<Step>& steps, Runner& runner, Files& files, Events& events) {
    Worker worker(world, runner, files);
    std::optional<Error> first;
    for (const auto& step : steps) {
        if (step.kind == Step::Kind::done && first) break;
        events.stage(step.text);
        if (auto done = worker.run(step); !done) {
            events.warning(render(done.error()));
            if (!first) first = std::move(done.error());
        }
    }
    events.finish();
    if (first)
        return fail(std::move(*first).with_hint("it is tried again at the next boot; kldload-firstboot tries at once"));
    return {};
}

}  // namespace kld::firstboot
