// SPDX-License-Identifier: BSD-3-Clause
#include "provenance/seal.h"

#include <fcntl.h>
#include <fmt/core.h>

#include "base/fd.h"
#include "digest/sha256.h"
#include "modules/detached_signature.h"

namespace kld::provenance {
namespace {

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::vector<std::string> sealed_files(const std::string& image) {
    return {image, beside(image).manifest, beside(image).spdx};
}

Error refused(Error error) {
    error.code = ExitCode::refused;
    if (error.hint.empty()) error.hint = "fetch the files again, or give the certificate of the builder who made them";
    return error;
}

Result<std::string> read_beside(Files& files, const std::string& path, const std::string& image) {
    if (!files.exists(path))
        return fail(fmt::format("there is no {} beside {}", name_of(path), image),
                    "fetch all that was published with the image, under the names it was published by",
                    ExitCode::refused);
    return files.read(path);
}

/// What is wrong with one file; empty when it is what was signed.
Result<std::string> difference(Files& files, const std::string& path, const ListedFile& listed) {
    if (!files.exists(path)) return listed.name + " is missing";
    // A pipe in its place must not hold the check up.
    KLD_TRY(const auto fd, Fd::open(path, O_RDONLY | O_NONBLOCK));
    KLD_TRY(const auto bytes, fd.size());
    // A file that is cut short need not be read to its end.
    if (bytes != listed.bytes) return fmt::format("{} has {} bytes, not {}", listed.name, bytes, listed.bytes);
    KLD_TRY(const auto digest, sha256_file(path));
    if (digest == listed.sha256) return std::string();
    return fmt::format("{} has the sha256 {}, not {}", listed.name, digest, listed.sha256);
}

/// The list must be of this image, and of all that belongs to it.
Status check_names(const std::vector<ListedFile>& listed, const std::string& image, const std::string& list) {
    std::vector<std::string> wanted, named;
    for (const auto& path : sealed_files(image)) wanted.push_back(name_of(path));
    for (const auto& file : listed) named.push_back(file.name);
    if (wanted == named) return {};
    Error error{fmt::format("{} is not the list of {}", list, name_of(image)), {}, {}, ExitCode::refused};
    for (const auto& name : named) error.details.push_back("it names " + name);
    error.hint = "give the files the names they were published by";
    return fail(std::move(error));
}

}  // namespace

Beside beside(const std::string& image) {
    return {image + ".manifest.json", image + ".spdx.json", image + ".sha256", image + ".sha256.p7s"};
}

Status seal(Files& files, Events& events, const std::string& image, const modules::SigningKey& key) {
    events.stage("checksums");
    std::vector<ListedFile> listed;
    for (const auto& path : sealed_files(image)) {
        KLD_TRY(auto file, measure(path));
        KLD_CHECK(check_listed_name(file.name));
        listed.push_back(std::move(file));
    }
    const auto list = checksum_list(listed);
    KLD_TRY(const auto signature, modules::sign_detached(list, key, modules::Carry::certificate));
    KLD_CHECK(files.write(beside(image).list, list));
    return files.write(beside(image).signature, signature);
}

Result<std::vector<ListedFile>> verify(Files& files, Events& events, const std::string& image,
                                       const modules::Certificate& certificate) {
    const auto paths = beside(image);
    events.stage("signature");
    KLD_TRY(const auto list, read_beside(files, paths.list, image));
    KLD_TRY(const auto signature, read_beside(files, paths.signature, image));
    if (auto good = modules::verify_detached(list, signature, certificate, "the signature of " + paths.list); !good)
        return fail(refused(std::move(good.error())));
    auto listed = parse_checksum_list(list, paths.list);
    if (!listed) return fail(refused(std::move(listed.error())));
    KLD_CHECK(check_names(*listed, image, paths.list));

    events.stage("checksums");
    Error error{fmt::format("{} is not what \"{}\" signed", image, certificate.subject()), {}, {}, ExitCode::refused};
    for (const auto& file : *listed) {
        KLD_TRY(auto found, difference(files, directory_of(image) + file.name, file));
        if (!found.empty()) error.details.push_back(std::move(found));
    }
    if (!error.details.empty()) return fail(std::move(error).with_hint("do not boot it; fetch or build it again"));
    events.finish();
    return listed;
}

}  // namespace kld::provenance
