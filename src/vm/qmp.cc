// SPDX-License-Identifier: BSD-3-Clause
#include "vm/qmp.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "vm/socket.h"

namespace kld::vm {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

Result<Qmp> Qmp::connect(const std::string& path, std::chrono::milliseconds limit) {
    KLD_TRY(auto fd, connect_unix(path, limit));
    return open(std::move(fd), limit);
}

Result<Qmp> Qmp::open(Fd fd, std::chrono::milliseconds limit) {
    Qmp qmp(std::move(fd), limit);
    KLD_TRY(const auto greeting, qmp.next_message());
    if (!greeting.contains("QMP")) return fail("this is no QEMU monitor: it greets with " + greeting.dump());
    KLD_CHECK(qmp.execute("qmp_capabilities"));
    return qmp;
}

Result<json> Qmp::next_message() {
    const auto deadline = Clock::now() + limit_;
    for (;;) {
        if (const auto end = pending_.find('\n'); end != std::string::npos) {
            auto message = json::parse(pending_.substr(0, end), nullptr, false);
            pending_.erase(0, end + 1);
            if (message.is_discarded() || !message.is_object())
                return fail("QEMU's monitor sent something that is no JSON object");
            return message;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0)
            return fail(fmt::format("QEMU's monitor gave no answer within {} s", limit_.count() / 1000));
        auto bytes = read_some(fd_, left);
        if (!bytes) return fail(std::move(bytes).error().within("QEMU's monitor"));
        pending_ += *bytes;
    }
}

Result<json> Qmp::execute(const std::string& command) {
    return execute(command, json::object());
}

Result<json> Qmp::execute(const std::string& command, const json& arguments) {
    json request{{"execute", command}};
    if (!arguments.empty()) request["arguments"] = arguments;
    KLD_CHECK(fd_.write_all(request.dump() + "\n"));
    for (;;) {
        KLD_TRY(auto message, next_message());
        if (message.contains("return")) return message["return"];
        if (message.contains("error"))
            return fail(
                fmt::format("QEMU refused '{}': {}", command, message["error"].value("desc", message["error"].dump())));
    }
}

}  // namespace kld::vm
