// SPDX-License-Identifier: BSD-3-Clause
// The files that the tests of exports work on.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace kld::exports::test {

/// Real files, but for the kernel's settings.
class Disk final : public Files {
public:
    Result<std::string> read(const std::string& path) override {
        return path.starts_with("/sys/") ? Result<std::string>(trim_minimum + "\n") : real.read(path);
    }
    Status write(const std::string& path, std::string_view bytes, unsigned mode = 0644) override {
        return real.write(path, bytes, mode);
    }
    Status overwrite(const std::string& path, std::string_view bytes) override {
        if (!path.starts_with("/sys/")) return real.overwrite(path, bytes);
        if (settings_are_stuck) return fail("the setting is stuck");
        settings.emplace_back(bytes);
        return {};
    }
    Status append(const std::string& path, std::string_view bytes) override { return real.append(path, bytes); }
    Result<std::vector<std::string>> list(const std::string& path) override { return real.list(path); }
    FileKind kind(const std::string& path) override { return real.kind(path); }
    Status make_directories(const std::string& path) override {
        return path.starts_with("/run/") ? Status{} : real.make_directories(path);
    }
    Status remove(const std::string& path) override { return real.remove(path); }
    Status rename(const std::string& from, const std::string& to) override { return real.rename(from, to); }
    Status exchange(const std::string& first, const std::string& second) override {
        return real.exchange(first, second);
    }
    Status flush(const std::string& directory) override {
        flushed.push_back(directory);
        return {};
    }
    Result<Lock> lock(const std::string& path) override {
        locked.push_back(path);
        return Lock();
    }
    RealFiles real;
    std::string trim_minimum = "32768";
    bool settings_are_stuck = false;
    std::vector<std::string> settings, flushed, locked;
};

}  // namespace kld::exports::test
