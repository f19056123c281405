// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/generator.h"

#include "base/text.h"

namespace kld::initramfs {

Result<Generator> parse_generator(const std::string& name) {
    for (const auto generator : {Generator::initramfs_tools, Generator::dracut, Generator::mkinitcpio})
        if (name == name_of(generator)) return generator;
    return fail("'" + name + "' makes no initramfs that is known here", "known: initramfs-tools, dracut, mkinitcpio",
                ExitCode::usage);
}

const char* name_of(Generator generator) {
    switch (generator) {
        case Generator::initramfs_tools:
            return "initramfs-tools";
        case Generator::dracut:
            return "dracut";
        case Generator::mkinitcpio:
            return "mkinitcpio";
        case Generator::own:
            return "own";
        case Generator::unknown:
            return "unknown";
    }
    return "";
}

std::vector<std::string> make_command(Generator generator, const std::string& kernel) {
    // update-initramfs refuses to make an image anew that it has not made itself.
    if (generator == Generator::initramfs_tools) return {"update-initramfs", "-c", "-k", kernel};
    return rebuild_command(generator, kernel);
}

std::vector<std::string> rebuild_command(Generator generator, const std::string& kernel) {
    switch (generator) {
        case Generator::initramfs_tools:
            return {"update-initramfs", "-u", "-k", kernel};
        case Generator::dracut:
            return {"dracut", "--force", "/boot/initrd.img-" + kernel, kernel};
        case Generator::mkinitcpio:
        case Generator::own:
        case Generator::unknown:
            break;
    }
    return {};
}

std::string rebuild_all_text(Generator generator) {
    switch (generator) {
        case Generator::initramfs_tools:
            return "update-initramfs -u -k all";
        case Generator::dracut:
            return "dracut --regenerate-all --force";
        case Generator::mkinitcpio:
            return "mkinitcpio -P";
        case Generator::own:
        case Generator::unknown:
            break;
    }
    return "make the initramfs of all kernels again";
}

std::string make_text(Generator generator, const std::string& kernel) {
    const auto command = make_command(generator, kernel);
    return command.empty() ? "make the initramfs of " + kernel : join(command, " ");
}

}  // namespace kld::initramfs
