// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/user_namespace.h"
#include "cmd/kldload/verbs.h"
#include "config/schema.h"
#include "pipeline/cache.h"
#include "pipeline/make_image.h"

namespace kld::cmd {
namespace {

struct ImageOptions {
    std::string distro;
    std::string profile = "server";
    std::string answers_path;
    std::string size = "8G";
    std::string format;
    std::string compress = "none";
    std::string output;
    bool force = false;
    bool if_changed = false;
    bool json = false;
    std::map<std::string, std::vector<std::string>> given;  ///< values of answer flags, by key
};

/// What stands in the file a flag names, one value a line; "-" is stdin.
Result<std::vector<std::string>> file_values(Files& files, const std::string& path) {
    KLD_TRY(const auto text, files.read(path == "-" ? "/dev/stdin" : path));
    std::vector<std::string> values;
    for (const auto& line : lines(text))
        if (const auto value = trim(line); !value.empty() && value[0] != '#') values.emplace_back(value);
    if (values.empty()) return fail(path + " is empty", {}, ExitCode::usage);
    return values;
}

Result<config::Answers> collect_answers(Files& files, const ImageOptions& options) {
    auto answers = config::defaults();
    if (!options.answers_path.empty()) {
        KLD_TRY(const auto text, files.read(options.answers_path));
        KLD_CHECK(config::parse_answers(answers, text, options.answers_path));
    }
    for (const auto& field : config::schema()) {
        const auto given = options.given.find(field.key);
        if (given == options.given.end()) continue;
        for (const auto& word : given->second) {
            std::vector<std::string> values{word};
            if (field.from_file) {
                KLD_TRY(values, file_values(files, word));
            }
            for (const auto& value : values) KLD_CHECK(config::set(answers, field, value));
        }
    }
    return answers;
}

/// By --format, else by the output's name, else qcow2.
Status take_format(const ImageOptions& options, pipeline::ImageWish& wish) {
    if (!options.format.empty()) {
        KLD_TRY(wish.format, image::parse_format(options.format));
    } else if (!options.output.empty()) {
        KLD_TRY(wish.format, image::format_of_name(options.output));
    }
    KLD_TRY(wish.compression, image::parse_compression(options.compress));
    if (wish.compression != image::Compression::none && wish.format != image::Format::qcow2)
        return fail(
            fmt::format("--compress {} is for qcow2, and this is a {}", options.compress, image::name_of(wish.format)),
            "vmdk and ova are always compressed, raw and vhd never", ExitCode::usage);
    return {};
}

void print_result(const pipeline::ImageResult& result, bool json) {
    const nlohmann::ordered_json report{{"version", 1},
                                        {"image", result.image},
                                        {"manifest", result.manifest},
                                        {"sbom", result.sbom},
                                        {"checksums", result.checksums},
                                        {"signature", result.signature},
                                        {"made", result.made},
                                        {"kernel", result.kernel},
                                        {"zfs", result.zfs},
                                        {"tools_tree", result.tools_tree},
                                        {"certificate", result.certificate}};
    if (json)
        fmt::print("{}\n", report.dump(1));
    else
        fmt::print("{}: kernel {}, ZFS {}\n", result.image, result.kernel, result.zfs);
}

Status make(Context& context, const ImageOptions& options) {
    KLD_CHECK(become_root(context.files, context.arguments));
    KLD_TRY(const auto places, pipeline::find_places());
    pipeline::ImageWish wish{.distro = options.distro,
                             .profile = options.profile,
                             .output = options.output,
                             .replace = options.force,
                             .if_changed = options.if_changed};
    KLD_TRY(wish.answers, collect_answers(context.files, options));
    KLD_TRY(wish.disk_bytes, parse_size(options.size));
    KLD_CHECK(take_format(options, wish));
    if (wish.output.empty()) wish.output = fmt::format("kldload-{}.{}", wish.distro, image::name_of(wish.format));
    const auto events = context.events();
    pipeline::Build build{context.runner, context.files, *events, places};
    KLD_TRY(const auto result, pipeline::make_image(build, wish));
    pipeline::drop_unused(context.files, *events, places.cache, std::time(nullptr));
    print_result(result, options.json);
    return {};
}

}  // namespace

void add_image(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("image", "build a disk image of a stock system on ZFS root");
    auto options = std::make_shared<ImageOptions>();
    verb->add_option("distro", options->distro, "distribution, such as debian-13")->required();
    verb->add_option("--profile", options->profile, "what is installed")->capture_default_str();
    verb->add_option("--answers", options->answers_path, "answers.toml (see: kldload answers); flags win over it")
        ->type_name("FILE");
    verb->add_option("--size", options->size, "size of the disk")->capture_default_str();
    verb->add_option("--format", options->format, "raw, qcow2, vhd, vmdk or ova (otherwise by the output's name)");
    verb->add_option("--compress", options->compress,
                     "of a qcow2: none, zlib (any reader) or zstd (QEMU 5.1 and later)")
        ->capture_default_str();
    verb->add_option("-o,--output", options->output, "image file")->type_name("FILE");
    verb->add_flag("--force", options->force, "replace an existing image");
    verb->add_flag("--if-changed", options->if_changed,
                   "keep an existing image that was made of the same inputs, else replace it");
    verb->add_flag("--json", options->json, "report as JSON");
    for (const auto& field : config::schema())
        verb->add_option_function<std::vector<std::string>>(
                field.flag(),
                [options, key = field.key](const std::vector<std::string>& values) { options->given[key] = values; },
                field.help)
            ->type_name(field.from_file ? "FILE" : "TEXT")
            ->group("Answers");
    verb->callback([&context, options] { context.chosen([&context, options] { return make(context, *options); }); });
}

}  // namespace kld::cmd
