// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/tools_disk.h"

#include "base/files.h"
#include "base/runner.h"
#include "base/text.h"

namespace kld::test {
namespace {

/// These must be of one kind with the guest's loader.
bool is_of_libc(const std::string& path) {
    for (const auto* name : {"/libc.so", "/libm.so", "/ld-linux"})
        if (path.find(name) != std::string::npos) return true;
    return false;
}

}  // namespace

Result<vm::Drive> make_tools_disk(const std::string& directory) {
    ProcessRunner runner;
    RealFiles files;
    const std::string program = std::string(KLD_BIN_DIR) + "/kldload", tree = directory + "/tools",
                      image = directory + "/tools.img";
    KLD_CHECK(files.make_directories(tree + "/lib"));
    KLD_CHECK(runner.run({.argv = {"strip", "-o", tree + "/kldload", program}}));
    KLD_TRY(const auto needed, runner.run({.argv = {"ldd", program}}));
    for (const auto& line : lines(needed.out)) {
        const auto fields = words(line);
        if (fields.size() < 3 || fields[1] != "=>" || is_of_libc(fields[2])) continue;
        KLD_CHECK(runner.run({.argv = {"cp", "-L", fields[2], tree + "/lib/"}}));
    }
    KLD_CHECK(runner.run({.argv = {"mke2fs", "-q", "-t", "ext4", "-d", tree, image, "256M"}}));
    return vm::Drive{.path = image, .format = "raw", .throwaway = true, .serial = "tools"};
}

}  // namespace kld::test
