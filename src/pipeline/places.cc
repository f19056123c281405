// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/places.h"

#include <cstdlib>
#include <filesystem>

namespace kld::pipeline {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// A directory from its XDG variable (absolute, by the specification), else below the home directory.
Result<std::string> xdg(const char* name, const char* below_home) {
    if (const auto value = variable(name); value.starts_with("/")) return value + "/kldload";
    const auto home = variable("HOME");
    if (home.empty()) return fail("HOME is not set", std::string("set it, or ") + name);
    return home + "/" + below_home + "/kldload";
}

}  // namespace

Result<Places> find_places() {
    Places places;
    KLD_TRY(places.cache, xdg("XDG_CACHE_HOME", ".cache"));
    KLD_TRY(const auto share, xdg("XDG_DATA_HOME", ".local/share"));
    places.keys = share + "/keys";
    std::error_code error;
    places.programs = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (error) return fail("cannot find out where this program lies: " + error.message());
    const auto installed = fs::path(places.programs).parent_path() / "share" / "kldload";
    places.data = variable("KLDLOAD_DATA");
    if (places.data.empty()) places.data = fs::exists(installed / "catalog") ? installed.string() : KLD_SOURCE_DATA;
    if (!fs::exists(fs::path(places.data) / "catalog"))
        return fail("no catalogue in " + places.data, "set KLDLOAD_DATA to the directory that holds catalog/");
    return places;
}

}  // namespace kld::pipeline
