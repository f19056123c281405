// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>

#include "base/text.h"
#include "verbs.h"

namespace kld::pool {

std::unique_ptr<Events> events_for(int fd) {
    return fd >= 0 ? json_events(fd) : console_events();
}

Result<OpenPool> ImageArguments::open() const {
    ImageSource image{path, 0, 0};
    if (!offset.empty()) {
        KLD_TRY(image.offset, parse_size(offset));
    }
    if (!size.empty()) {
        KLD_TRY(image.size, parse_size(size));
    }
    return OpenPool::open(image);
}

void add_image(CLI::App& verb, ImageArguments& arguments) {
    verb.add_option("--image", arguments.path, "image file or device that holds the pool")->required();
    verb.add_option("--offset", arguments.offset, "where in the image the pool's partition begins");
    verb.add_option("--size", arguments.size, "bytes of that partition");
}

std::string mode_text(std::uint64_t mode) {
    const char type = S_ISDIR(mode)    ? 'd'
                      : S_ISLNK(mode)  ? 'l'
                      : S_ISBLK(mode)  ? 'b'
                      : S_ISCHR(mode)  ? 'c'
                      : S_ISFIFO(mode) ? 'p'
                      : S_ISSOCK(mode) ? 's'
                                       : '-';
    std::string text(1, type);
    for (int shift = 6; shift >= 0; shift -= 3) {
        const auto bits = mode >> shift & 7;
        const bool special = (mode & (shift == 6 ? S_ISUID : shift == 3 ? S_ISGID : S_ISVTX)) != 0;
        text += (bits & 4) != 0 ? 'r' : '-';
        text += (bits & 2) != 0 ? 'w' : '-';
        const char lower = shift == 0 ? 't' : 's';
        text += special           ? ((bits & 1) != 0 ? lower : static_cast<char>(lower - 'a' + 'A'))
                : (bits & 1) != 0 ? 'x'
                                  : '-';
    }
    return text;
}

}  // namespace kld::pool
