// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/seed_disk.h"

#include "base/files.h"
#include "base/runner.h"

namespace kld::test {

Result<vm::Drive> make_seed_disk(const std::string& directory, const std::map<std::string, std::string>& content) {
    ProcessRunner runner;
    RealFiles files;
    const auto image = directory + "/seed.img";
    KLD_CHECK(runner.run({.argv = {"mkfs.vfat", "-n", "CIDATA", "-C", image, "1024"}}));
    for (const auto& [name, text] : content) {
        KLD_CHECK(files.write(directory + "/" + name, text));
        KLD_CHECK(runner.run({.argv = {"mcopy", "-i", image, directory + "/" + name, "::" + name}}));
    }
    return vm::Drive{.path = image, .format = "raw", .throwaway = true, .readonly = true, .serial = "seed"};
}

}  // namespace kld::test
