// SPDX-License-Identifier: BSD-3-Clause
#include "check/system.h"

namespace kld::check {

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::image:
            return "image";
        case Kind::disk:
            return "disk";
        case Kind::directory:
            return "directory";
        case Kind::running:
            return "running system";
    }
    return "";
}

const std::string& Pool::value(const std::string& property) const {
    static const std::string kUnset = "-";
    const auto at = properties.find(property);
    return at == properties.end() ? kUnset : at->second;
}

const Environment* System::environment_of(const std::string& dataset) const {
    for (const auto& environment : environments)
        if (environment.dataset == dataset) return &environment;
    return nullptr;
}

}  // namespace kld::check
