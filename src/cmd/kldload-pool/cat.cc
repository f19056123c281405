// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "pool/kz.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct CatArguments {
    ImageArguments image{};
    std::string dataset{}, path{};
};

Status run_cat(const CatArguments& arguments) {
    KLD_TRY(const OpenPool pool, arguments.image.open());
    KLD_TRY(const FileSystem fs, pool.file_system(arguments.dataset));
    KLD_TRY(const auto object, find_object(fs.get(), arguments.path));
    KLD_TRY(const Entry entry, read_entry(fs.get(), object, arguments.path));
    if (!S_ISREG(entry.mode)) return fail(arguments.path + " is no regular file");
    Fd out(STDOUT_FILENO);
    std::vector<char> buffer(kPieceBytes);
    Status status;
    for (std::uint64_t at = 0; at < entry.size && status; at += buffer.size()) {
        const auto length = std::min<std::uint64_t>(buffer.size(), entry.size - at);
        if (const int error = kz_read(fs.get(), object, at, buffer.data(), length))
            status = fail("cannot read " + arguments.path + " at byte " + std::to_string(at) + ": " + kz_error(error));
        else
            status = out.write_all({buffer.data(), length});
    }
    (void)out.release();
    return status;
}

}  // namespace

void add_cat(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<CatArguments>();
    CLI::App* verb = app.add_subcommand("cat", "Write a file of a dataset or snapshot to stdout");
    add_image(*verb, arguments->image);
    verb->add_option("dataset", arguments->dataset, "dataset or dataset@snapshot")->required();
    verb->add_option("path", arguments->path, "path in it")->required();
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_cat(*arguments); }; });
}

}  // namespace kld::pool
