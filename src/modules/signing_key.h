// SPDX-License-Identifier: BSD-3-Clause
// The builder key: what signs the modules and the boot menu, and what a machine enrols as its MOK.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::modules {

/// An X.509 certificate.
class Certificate {
public:
    static Result<Certificate> from_pem(std::string_view pem);

    std::string subject() const;  ///< the common name
    std::string pem() const;
    std::string der() const;
    /// sha256 of the DER form, 64 hex digits.
    std::string fingerprint() const;
    /// When it begins to be valid; seconds since 1970.
    std::int64_t valid_from() const;

    struct Native;  ///< OpenSSL's objects, for the .cc files of this folder
    const Native& native() const { return *native_; }

private:
    friend class SigningKey;
    explicit Certificate(std::shared_ptr<const Native> native) : native_(std::move(native)) {}
    std::shared_ptr<const Native> native_;
};

/// A private key and its certificate, checked to be usable: see check rules at load().
class SigningKey {
public:
    using Clock = std::chrono::system_clock;

    /// The pair in `directory`; made there when neither file exists. Safe against two programs doing so at once.
    /// Files: builder.key (mode 0600), builder.pem, builder.der (what MokManager enrols). The directory is made with
    /// mode 0700.
    static Result<SigningKey> load_or_make(const std::string& directory, Clock::time_point now = Clock::now());

    /// A pair from anywhere, under the same rules. Refused (exit 3), with the way out, when: the key is readable by
    /// others or is encrypted; the certificate is not of this key; it is expired or not yet valid; its extended key
    /// usage is anything but codeSigning alone (shim answers "Security Violation" to a boot file signed with the
    /// module-signing purpose beside it); it is a CA; its key usage does not allow digital signatures; the key is no
    /// RSA key of at least 2048 bits.
    static Result<SigningKey> load(const std::string& key_path, const std::string& certificate_path,
                                   Clock::time_point now = Clock::now());

    const Certificate& certificate() const { return certificate_; }
    const std::string& key_path() const { return key_path_; }
    const std::string& certificate_path() const { return certificate_path_; }

    struct Native;
    const Native& native() const { return *native_; }

private:
    SigningKey(std::shared_ptr<const Native> native, Certificate certificate, std::string key_path,
               std::string certificate_path)
        : native_(std::move(native)),
          certificate_(std::move(certificate)),
          key_path_(std::move(key_path)),
          certificate_path_(std::move(certificate_path)) {}
    std::shared_ptr<const Native> native_;
    Certificate certificate_;
    std::string key_path_;
    std::string certificate_path_;
};

}  // namespace kld::modules
