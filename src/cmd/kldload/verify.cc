// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cmd/kldload/verbs.h"
#include "pipeline/places.h"
#include "provenance/seal.h"

namespace kld::cmd {
namespace {

struct VerifyOptions {
    std::string image;
    std::string certificate;
    bool json = false;
};

/// The builder's own certificate serves its own images; whoever got one from elsewhere names that builder's.
Result<modules::Certificate> certificate_of(Context& context, const VerifyOptions& options) {
    auto path = options.certificate;
    if (path.empty()) {
        KLD_TRY(const auto places, pipeline::find_places());
        path = places.keys + "/builder.pem";
        if (!context.files.exists(path))
            return fail("no image was built here, and there is no " + path,
                        "name the builder's certificate: --certificate builder.pem", ExitCode::usage);
    }
    KLD_TRY(const auto pem, context.files.read(path));
    auto certificate = modules::Certificate::from_pem(pem);
    if (!certificate) return fail(std::move(certificate.error()).within(path));
    return certificate;
}

void print_report(const VerifyOptions& options, const modules::Certificate& certificate,
                  const std::vector<provenance::ListedFile>& files) {
    if (options.json) {
        auto list = nlohmann::ordered_json::array();
        for (const auto& file : files)
            list.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
        const nlohmann::ordered_json report{{"version", 1},
                                            {"image", options.image},
                                            {"signer", certificate.subject()},
                                            {"fingerprint", certificate.fingerprint()},
                                            {"files", list}};
        fmt::print("{}\n", report.dump(1));
        return;
    }
    for (const auto& file : files) fmt::print("{}  {}  {}\n", file.sha256, human_bytes(file.bytes), file.name);
    fmt::print("signed by \"{}\"\n", certificate.subject());
}

Status run_verify(Context& context, const VerifyOptions& options) {
    if (!context.files.exists(options.image))
        return fail("there is no " + options.image, "name an image", ExitCode::usage);
    KLD_TRY(const auto certificate, certificate_of(context, options));
    const auto events = context.events();
    KLD_TRY(const auto files, provenance::verify(context.files, *events, options.image, certificate));
    print_report(options, certificate, files);
    return {};
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("verify", "check that an image and what lies beside it are what a builder signed");
    auto options = std::make_shared<VerifyOptions>();
    verb->add_option("image", options->image, "the image")->required()->type_name("IMAGE");
    verb->add_option("--certificate", options->certificate, "of the builder, PEM (otherwise this builder's own)")
        ->type_name("CERT");
    verb->add_flag("--json", options->json, "report as JSON");
    verb->callback(
        [&context, options] { context.chosen([&context, options] { return run_verify(context, *options); }); });
}

}  // namespace kld::cmd
