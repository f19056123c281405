// SPDX-License-Identifier: BSD-3-Clause
#include "boot/nvlist.h"

namespace kld::boot {
namespace {

// Types of name-value pairs (sys/nvpair.h).
constexpr std::uint32_t kUint64 = 8;
constexpr std::uint32_t kString = 9;
constexpr std::uint32_t kList = 19;
constexpr std::uint32_t kListArray = 20;
constexpr int kMaximumDepth = 8;

/// XDR: big-endian, every item padded to four bytes. After a read beyond the end `good` is false and all reads give
/// zero.
class XdrReader {
public:
    explicit XdrReader(std::string_view bytes) : bytes_(bytes) {}
    bool good() const { return good_; }
    std::size_t position() const { return at_; }
    void seek(std::size_t position) {
        if (position > bytes_.size() || position < at_)
            good_ = false;
        else
            at_ = position;
    }
    std::uint32_t u32() {
        if (bytes_.size() - at_ < 4) good_ = false;
        if (!good_) return 0;
        std::uint32_t value = 0;
        for (int count = 0; count < 4; ++count) value = value << 8 | static_cast<unsigned char>(bytes_[at_++]);
        return value;
    }
    std::uint64_t u64() {
        const std::uint64_t high = u32();
        return high << 32 | u32();
    }
    std::string text() {
        const std::size_t size = u32();
        if (size > bytes_.size() - at_) good_ = false;
        if (!good_) return {};
        std::string value(bytes_.substr(at_, size));
        seek(at_ + (size + 3) / 4 * 4);
        return value;
    }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    bool good_ = true;
};

/// One list up to its end mark.
bool visit_list(XdrReader& xdr, const std::string& own_name, NvVisitor& visitor, int depth) {
    if (depth > kMaximumDepth) return false;
    visitor.begin_list(own_name);
    xdr.u32();  // version
    xdr.u32();  // flags
    while (xdr.good()) {
        const auto start = xdr.position();
        const auto size = xdr.u32();
        const auto decoded = xdr.u32();
        if (size == 0 && decoded == 0) {
            visitor.end_list();
            return xdr.good();
        }
        const auto name = xdr.text();
        const auto type = xdr.u32();
        const auto count = xdr.u32();
        if (type == kUint64) {
            visitor.number(name, xdr.u64());
        } else if (type == kString) {
            visitor.text(name, xdr.text());
        } else if (type == kList) {
            if (!visit_list(xdr, name, visitor, depth + 1)) return false;
        } else if (type == kListArray) {
            for (std::uint32_t index = 0; index < count; ++index)
                if (!visit_list(xdr, name, visitor, depth + 1)) return false;
        }
        xdr.seek(start + size);
    }
    return false;
}

}  // namespace

bool visit_nvlist(std::string_view bytes, NvVisitor& visitor) {
    constexpr char kXdr = 1;
    if (bytes.size() < 12 || bytes[0] != kXdr) return false;
    XdrReader xdr(bytes.substr(4));
    return visit_list(xdr, "", visitor, 0);
}

}  // namespace kld::boot
