// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cmd/events_option.h"
#include "verbs.h"

namespace kld::pool {

std::unique_ptr<Events> events_for(int fd) {
    return fd >= 0 ? json_events(fd) : console_events();
}

Result<ImageSource> ImageArguments::source() const {
    ImageSource image{path, 0, 0};
    if (!offset.empty()) {
        KLD_TRY(image.offset, parse_size(offset));
    }
    if (!size.empty()) {
        KLD_TRY(image.size, parse_size(size));
    }
    return image;
}

Result<OpenPool> ImageArguments::open() const {
    KLD_TRY(const ImageSource image, source());
    return OpenPool::open(image);
}

void add_image(CLI::App& verb, ImageArguments& arguments) {
    verb.add_option("--image", arguments.path, "image file or device that holds the pool")->required();
    verb.add_option("--offset", arguments.offset, "where in the image the pool's partition begins");
    verb.add_option("--size", arguments.size, "bytes of that partition");
}

void add_change(CLI::App& verb, ChangeArguments& arguments) {
    add_image(verb, arguments.image);
    cmd::add_events_fd(verb, arguments.events_fd);
    verb.add_flag("--force", arguments.force, "also a pool that was not exported, or in which damage is known");
    verb.add_flag("--json", arguments.json, "print the result as JSON");
}

Status change_pool(const ChangeArguments& arguments, const std::function<Status(OpenPool&, Events&)>& work) {
    KLD_TRY(const ImageSource image, arguments.image.source());
    const auto events = events_for(arguments.events_fd);
    events->stage("open");
    KLD_TRY(OpenPool pool, OpenPool::change(image, arguments.force));
    if (pool.was_interrupted())
        events->note("an earlier change of " + pool.name() + " was interrupted; what it had begun is undone");
    Status status = work(pool, *events);
    events->stage("finish");
    Status closed = pool.close();
    if (status) status = std::move(closed);
    if (status) events->finish();
    return status;
}

nlohmann::json as_json(const Properties& properties) {
    auto out = nlohmann::json::object();
    for (const auto& [name, property] : properties)
        out[name] = {{"value", property.value}, {"source", property.source}};
    return out;
}

void print_json(nlohmann::json object) {
    object["version"] = 1;
    std::printf("%s\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
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
