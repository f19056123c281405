// SPDX-License-Identifier: BSD-3-Clause
#include "pool/mishap.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>

namespace kld::pool {

namespace {

// Signal handlers can reach nothing but this. Empty while a pool is only read.
char g_partial[4096];
char g_path[4096];
// What becomes of the pool when this process ends now.
std::string_view g_outcome = "; no pool was left behind";

void remove_partial() {
    if (g_partial[0] != '\0') (void)::unlink(g_partial);
}

[[noreturn]] void end(std::string_view reason) {
    remove_partial();
    (void)!::write(STDERR_FILENO, reason.data(), reason.size());
    if (g_path[0] != '\0') (void)!::write(STDERR_FILENO, g_outcome.data(), g_outcome.size());
    (void)!::write(STDERR_FILENO, "\n", 1);
    ::_exit(static_cast<int>(ExitCode::failed));
}

void on_abort(int) {
    end("\nerror: OpenZFS gave up, for the reason above");  // it ends its own line only in some releases
}

void on_fault(int) {
    end("error: crashed, most likely in OpenZFS over what it read");
}

void on_ending_signal(int number) {
    remove_partial();
    (void)std::signal(number, SIG_DFL);
    (void)::raise(number);
}

void on_failure(const char* what, std::uint64_t offset, int number) {
    remove_partial();
    const Error error =
        errno_error(std::string("cannot ") + what + " " + g_path + " at byte " + std::to_string(offset), number);
    const std::string text =
        render(number == ENOSPC || number == EDQUOT || number == EFBIG
                   ? Error(error).with_hint("the disk, quota or file size limit below the image is exhausted" +
                                            std::string(g_outcome))
                   : error);
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(static_cast<int>(ExitCode::failed));
}

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    (void)::sigaction(number, &action, nullptr);
}

/// A sanitizer says more about a fault than we do.
bool has_handler(int number) {
    struct sigaction action {};
    return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_DFL;
}

}  // namespace

Status start_openzfs(kz_use use, const kz_limits& limits) {
    handle(SIGABRT, on_abort);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        if (!has_handler(number)) handle(number, on_fault);
    handle(SIGXFSZ, SIG_IGN);  // the write fails with EFBIG instead
    if (const int error = kz_start(use, &limits)) return fail(errno_error("cannot start OpenZFS", error));
    return {};
}

Status use_image(const ImageFile& image) {
    std::snprintf(g_partial, sizeof g_partial, "%s", image.partial().c_str());
    std::snprintf(g_path, sizeof g_path, "%s", image.path().c_str());
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) handle(number, on_ending_signal);
    const kz_image plain = {image.fd(), image.offset(), image.size(), 1, 0};
    if (const int error = kz_image_set(&plain, on_failure))
        return fail(errno_error("cannot use " + image.path(), error));
    return {};
}

Status use_image_in_place(const std::string& path, const kz_image& image) {
    std::snprintf(g_path, sizeof g_path, "%s", path.c_str());
    g_outcome = "; the pool is whole, and the next change of it takes back what was not finished";
    if (const int error = kz_image_set(&image, on_failure)) return fail(errno_error("cannot use " + path, error));
    return {};
}

}  // namespace kld::pool
