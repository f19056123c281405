// SPDX-License-Identifier: BSD-3-Clause
#include "digest/sha256.h"

#include <fcntl.h>
#include <openssl/evp.h>

#include <array>

#include "base/fd.h"
#include "base/text.h"

namespace kld {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::finish() {
    std::array<char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()), &size);
    return hex({digest.data(), size});
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 digest;
    digest.add(bytes);
    return digest.finish();
}

Result<std::string> sha256_file(const std::string& path) {
    KLD_TRY(auto fd, Fd::open(path, O_RDONLY));
    constexpr std::size_t kChunk = 1 << 20;
    Sha256 digest;
    for (std::uint64_t offset = 0;; offset += kChunk) {
        KLD_TRY(const auto chunk, fd.read_at(kChunk, offset));
        digest.add(chunk);
        if (chunk.size() < kChunk) return digest.finish();
    }
}

}  // namespace kld
