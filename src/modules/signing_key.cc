// SPDX-License-Identifier: BSD-3-Clause
#include "modules/signing_key.h"

#include <fmt/core.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/files.h"
#include "base/lock.h"
#include "modules/key_maker.h"
#include "modules/openssl.h"

namespace kld::modules {
namespace {

using Purposes = std::unique_ptr<EXTENDED_KEY_USAGE, Freed<EXTENDED_KEY_USAGE_free>>;

tl::unexpected<Error> refuse(std::string message, std::string hint) {
    return fail(std::move(message), std::move(hint), ExitCode::refused);
}

Status check_private(const std::string& path, std::string_view mode) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return fail(errno_error("cannot look at " + path, errno));
    if ((info.st_mode & 077U) == 0) return {};
    return refuse(fmt::format("{} can be reached by other users (mode {:04o})", path, info.st_mode & 07777U),
                  fmt::format("chmod {} {}; if others may have read the key, make a new one", mode, path));
}

Result<PrivateKey> parse_key(const std::string& pem, const std::string& path) {
    const auto no_passphrase = [](char*, int, int, void*) { return -1; };
    const auto bio = memory_bio(pem);
    PrivateKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!key) {
        openssl_error({});
        return refuse(path + " is no private key in PEM form, or has a passphrase",
                      "write it without a passphrase: openssl pkey -in OLD -out NEW, mode 0600");
    }
    constexpr int kFewestBits = 2048;
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) < kFewestBits)
        return refuse(path + " is no RSA key of at least 2048 bits",
                      "shim and the kernel agree on RSA 2048 and longer");
    return key;
}

Status check_purpose(X509* x509, const std::string& path) {
    const auto wrong = [&path](const std::string& what) {
        return refuse(
            fmt::format("{} {}", path, what),
            "make the certificate with CA:FALSE, keyUsage digitalSignature and extendedKeyUsage codeSigning alone");
    };
    const auto flags = X509_get_extension_flags(x509);
    if ((flags & EXFLAG_INVALID) != 0) return wrong("has malformed extensions");
    if ((flags & EXFLAG_CA) != 0) return wrong("is a certificate of a CA");
    if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(x509) & KU_DIGITAL_SIGNATURE) == 0)
        return wrong("does not allow digital signatures");
    const Purposes purposes(
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x509, NID_ext_key_usage, nullptr, nullptr)));
    if (!purposes) return wrong("has no extended key usage");
    if (sk_ASN1_OBJECT_num(purposes.get()) != 1 ||
        OBJ_obj2nid(sk_ASN1_OBJECT_value(purposes.get(), 0)) != NID_code_sign)
        return wrong("has another extended key usage than codeSigning alone; shim refuses what it signs");
    return {};
}

Status check_dates(X509* x509, const std::string& path, SigningKey::Clock::time_point now) {
    auto time = SigningKey::Clock::to_time_t(now);
    const std::string hint = "sign with another pair, or move this one away to have a new one made and enrol that";
    if (X509_cmp_time(X509_get0_notAfter(x509), &time) <= 0) return refuse(path + " has expired", hint);
    if (X509_cmp_time(X509_get0_notBefore(x509), &time) >= 0)
        return refuse(path + " is not valid yet", "check the clock of this machine; " + hint);
    return {};
}

Status make_files(const std::string& key_path, const std::string& certificate_path, SigningKey::Clock::time_point now) {
    KLD_TRY(const auto pair, make_key_pair(now));
    RealFiles files;
    KLD_CHECK(files.write(key_path, pair.key, 0600));
    return files.write(certificate_path, pair.certificate, 0644);
}

}  // namespace

Result<SigningKey> SigningKey::load(const std::string& key_path, const std::string& certificate_path,
                                    Clock::time_point now) {
    RealFiles files;
    KLD_CHECK(check_private(key_path, "600"));
    KLD_TRY(const auto key_pem, files.read(key_path));
    KLD_TRY(auto key, parse_key(key_pem, key_path));
    KLD_TRY(const auto certificate_pem, files.read(certificate_path));
    auto certificate = Certificate::from_pem(certificate_pem);
    if (!certificate) return fail(std::move(certificate.error()).within(certificate_path));

    X509* x509 = certificate->native().x509.get();
    if (X509_check_private_key(x509, key.get()) != 1) {
        openssl_error({});
        return refuse(fmt::format("{} and {} do not belong together", key_path, certificate_path),
                      "give the certificate that was made for this key");
    }
    KLD_CHECK(check_purpose(x509, certificate_path));
    KLD_CHECK(check_dates(x509, certificate_path, now));
    return SigningKey(std::make_shared<const Native>(Native{std::move(key)}), *std::move(certificate), key_path,
                      certificate_path);
}

Result<SigningKey> SigningKey::load_or_make(const std::string& directory, Clock::time_point now) {
    RealFiles files;
    if (!files.exists(directory)) {
        const auto slash = directory.find_last_of('/');
        if (slash != std::string::npos && slash != 0) KLD_CHECK(files.make_directories(directory.substr(0, slash)));
        if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(errno_error("cannot make the directory for the builder key " + directory, errno));
    }
    KLD_CHECK(check_private(directory, "700"));
    KLD_TRY(const auto lock, Lock::wait_for(directory + "/.lock"));

    const auto key_path = directory + "/builder.key";
    const auto certificate_path = directory + "/builder.pem";
    const bool has_key = files.exists(key_path);
    const bool has_certificate = files.exists(certificate_path);
    if (has_key != has_certificate)
        return refuse(
            fmt::format("{} is there but {} is not", has_key ? key_path : certificate_path,
                        has_key ? certificate_path : key_path),
            "put the missing file back, or remove the other to have a new pair made (machines must then enrol it)");
    if (!has_key) KLD_CHECK(make_files(key_path, certificate_path, now));

    KLD_TRY(auto key, load(key_path, certificate_path, now));
    const auto der_path = directory + "/builder.der";
    const auto der = key.certificate().der();
    if (const auto there = files.read(der_path); !there || *there != der) KLD_CHECK(files.write(der_path, der, 0644));
    return key;
}

}  // namespace kld::modules
