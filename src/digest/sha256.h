// SPDX-License-Identifier: BSD-3-Clause
// SHA-256, over OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void add(std::string_view bytes);
    /// 64 lower-case hex digits; nothing can be added afterwards.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
Result<std::string> sha256_file(const std::string& path);

}  // namespace kld
