// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/screen.h"

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace kld::test {
namespace {

/// As QEMU writes it: PPM, 8 bits.
struct Picture {
    std::size_t width = 0, height = 0;
    std::string pixels{};

    /// How many rows of text (the console's font is 16 pixels high) have something in them.
    std::size_t lit_rows() const {
        std::set<std::size_t> rows;
        for (std::size_t at = 0; at < pixels.size(); ++at)
            if (static_cast<unsigned char>(pixels[at]) > 100) rows.insert(at / 3 / width / 16);
        return rows.size();
    }
};

Result<Picture> take_picture(Guest& guest) {
    const auto path = guest.machine().config().directory + "/screen.ppm";
    KLD_CHECK(guest.machine().monitor("screendump", {{"filename", path}}));
    KLD_TRY(const auto bytes, RealFiles().read(path));
    std::istringstream in(bytes);
    std::string kind;
    std::size_t depth = 0;
    Picture picture;
    in >> kind >> picture.width >> picture.height >> depth;
    if (kind != "P6" || depth != 255) return fail("no PPM picture: " + bytes.substr(0, 20));
    picture.pixels = bytes.substr(bytes.size() - picture.width * picture.height * 3);
    return picture;
}

}  // namespace

std::size_t rows_on_screen(Guest& guest, std::size_t wanted) {
    // Terminals are drawn one after the other.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
        const auto picture = take_picture(guest);
        if (!picture) return 0;
        if (picture->lit_rows() >= wanted || std::chrono::steady_clock::now() > deadline) return picture->lit_rows();
    }
}

}  // namespace kld::test
