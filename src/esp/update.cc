// SPDX-License-Identifier: BSD-3-Clause
#include "esp/update.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::esp {
namespace {

using Kind = Step::Kind;

/// "EFI/BOOT/grubx64.new": one entry of the directory, as the old name is. Longer ones need several, which may lie in
/// two sectors, and then a power cut can part them.
std::string beside(const std::string& path) {
    return path.substr(0, path.rfind('.')) + ".new";
}

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

/// What a name holds, or nothing.
const std::string* at(const std::map<std::string, std::string>& files, const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? nullptr : &found->second;
}

/// FAT allocates whole clusters, and directories grow.
constexpr std::uint64_t kSlack = 1 << 20;

class Worker {
public:
    Worker(const World& world, Files& files) : world_(world), files_(files) {}

    Status run(const Step& step) {
        const auto path = world_.esp + "/" + step.path;
        switch (step.kind) {
            case Kind::make_room:
                KLD_CHECK(files_.remove(kept(step.path)));
                return files_.flush(world_.esp);
            case Kind::write:
                KLD_CHECK(files_.make_directories(directory_of(path)));
                KLD_CHECK(files_.overwrite(beside(path), world_.wanted.at(step.path)));
                return files_.flush(directory_of(path));
            case Kind::compare: {
                KLD_TRY(const auto bytes, files_.read(beside(path)));
                if (bytes == world_.wanted.at(step.path)) return {};
                return fail(beside(path) + " does not hold what was written", "look at the disk; nothing was changed");
            }
            case Kind::swap:
                return swap(path);
            case Kind::keep:
                // Renamed over nothing, for the reason that swap() has.
                KLD_CHECK(files_.make_directories(world_.esp + "/" + kPrevious));
                KLD_CHECK(files_.remove(kept(step.path)));
                KLD_CHECK(files_.flush(world_.esp));
                KLD_CHECK(files_.rename(beside(path), kept(step.path)));
                return files_.flush(world_.esp);
            case Kind::discard:
                KLD_CHECK(files_.remove(beside(path)));
                return files_.flush(directory_of(path));
        }
        return {};
    }

private:
    std::string kept(const std::string& path) const {
        return fmt::format("{}/{}/{}", world_.esp, kPrevious, base_name(path));
    }

    /// Renaming over the old file would free its clusters, and after a power cut the name might still lead to them.
    Status swap(const std::string& path) {
        if (!files_.exists(path)) {
            KLD_CHECK(files_.rename(beside(path), path));
            return files_.flush(directory_of(path));
        }
        if (auto done = files_.exchange(beside(path), path); !done)
            return fail(std::move(done.error()).with_hint("what lies there still boots; try again"));
        return files_.flush(directory_of(path));
    }

    const World& world_;
    Files& files_;
};

/// What is to be done for one file, when nothing else is in the way.
void plan_file(const World& world, const std::string& path, std::vector<Step>& steps) {
    const auto& wanted = world.wanted.at(path);
    const auto* now = at(world.there, path);
    const auto* left = at(world.there, beside(path));
    if (now != nullptr && *now == wanted) {
        if (left == nullptr) return;
        // Cut off after the swap: what is left is the one before.
        if (*left != wanted && left->starts_with("MZ"))
            steps.push_back({Kind::keep, path, fmt::format("keep the one before in {}", kPrevious)});
        else
            steps.push_back({Kind::discard, path, fmt::format("remove {}", beside(path))});
        return;
    }
    steps.push_back({Kind::write, path, fmt::format("write {} ({})", beside(path), human_bytes(wanted.size()))});
    steps.push_back({Kind::compare, path, fmt::format("read {} again", beside(path))});
    steps.push_back({Kind::swap, path, fmt::format("{} {}", now == nullptr ? "put in place" : "swap with", path)});
    if (now != nullptr) steps.push_back({Kind::keep, path, fmt::format("keep the one before in {}", kPrevious)});
}

}  // namespace

const std::vector<std::string> kBootFiles{"EFI/kldload/builder.der", "EFI/BOOT/grubx64.efi", "EFI/BOOT/mmx64.efi",
                                          "EFI/BOOT/BOOTX64.EFI"};

Result<World> probe(Files& files, const std::string& esp, const std::string& package, std::uint64_t free) {
    World world{esp, free, {}, {}, {}};
    for (const auto& path : kBootFiles) {
        KLD_TRY(world.wanted[path], files.read(package + "/" + path));
        for (const auto& name : {path, beside(path)})
            if (files.kind(esp + "/" + name) == FileKind::regular) {
                KLD_TRY(world.there[name], files.read(esp + "/" + name));
            }
        const auto kept = fmt::format("{}/{}/{}", esp, kPrevious, base_name(path));
        if (files.kind(kept) == FileKind::regular) {
            KLD_TRY(const auto bytes, files.read(kept));
            world.previous[path] = bytes.size();
        }
    }
    return world;
}

Result<std::vector<Step>> plan(const World& world) {
    std::vector<Step> steps;
    for (const auto& path : kBootFiles) plan_file(world, path, steps);
    // The files go one after the other, and each leaves its predecessor on the partition.
    std::uint64_t needed = 0, freed = 0;
    for (const auto& step : steps) {
        if (step.kind != Kind::write) continue;
        needed += world.wanted.at(step.path).size() + kSlack;
        if (const auto* left = at(world.there, beside(step.path))) freed += left->size();
    }
    if (needed <= world.free + freed) return steps;
    std::vector<Step> room;
    for (const auto& [path, size] : world.previous) {
        room.push_back({Kind::make_room, path, fmt::format("remove {}/{}", kPrevious, base_name(path))});
        freed += size;
    }
    if (needed > world.free + freed)
        return fail(fmt::format("{} has {} free, and the new boot files need {}", world.esp,
                                human_bytes(world.free + freed), human_bytes(needed)),
                    "remove what nobody boots from the EFI system partition", ExitCode::refused);
    steps.insert(steps.begin(), room.begin(), room.end());
    return steps;
}

Status expect_swap(const World& world, const std::vector<Step>& steps, Files& files) {
    std::vector<std::string> swapped;
    for (const auto& step : steps)
        if (step.kind == Kind::swap && at(world.there, step.path) != nullptr) swapped.push_back(step.path);
    if (swapped.empty()) return {};
    const auto directory = world.esp + "/EFI/kldload";
    const auto first = directory + "/swap.one", second = directory + "/swap.two";
    const auto swap = [&]() -> Status {
        KLD_CHECK(files.make_directories(directory));
        KLD_CHECK(files.overwrite(first, "1"));
        KLD_CHECK(files.overwrite(second, "2"));
        if (auto done = files.exchange(first, second); !done)
            return fail({"this kernel cannot swap two names on " + world.esp + ": no boot file was touched",
                         {done.error().message},
                         "FAT can swap names since Linux 6.0: do it with a newer kernel, or from a rescue system. Or "
                         "move these "
                         "away by hand, since what has no name yet needs no swap: " +
                             join(swapped, ", "),
                         ExitCode::refused});
        return {};
    };
    auto done = swap();
    for (const auto& path : {first, second})
        if (auto gone = files.remove(path); done && !gone) done = std::move(gone);
    return done ? files.flush(world.esp) : done;
}

std::string to_text(const std::vector<Step>& steps) {
    if (steps.empty()) return "nothing to do: the boot files are those of the package\n";
    std::string text;
    for (std::size_t i = 0; i < steps.size(); ++i) text += fmt::format("{}. {}\n", i + 1, steps[i].text);
    return text;
}

Status apply(const World& world, const std::vector<Step>& steps, std::size_t most, Files& files, Events& events) {
    if (most > 0) KLD_CHECK(expect_swap(world, steps, files));
    Worker worker(world, files);
    for (std::size_t i = 0; i < std::min(most, steps.size()); ++i) {
        events.stage(steps[i].text);
        KLD_CHECK(worker.run(steps[i]));
    }
    events.finish();
    return {};
}

}  // namespace kld::esp
