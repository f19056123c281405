// SPDX-License-Identifier: BSD-3-Clause
// A small healthy system on disk, to take one thing away from.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "check/rows.h"
#include "check/sources.h"
#include "samples/initramfs.h"
#include "samples/modules.h"

namespace kld::check::test {

inline const std::string kKernel = "6.12.107+deb13-amd64";

class Model {
public:
    explicit Model(Generator generator = Generator::initramfs_tools);

    /// Below the environment's root, or the ESP.
    void write(const std::string& path, const std::string& bytes);
    void remove(const std::string& path);
    void link(const std::string& path, const std::string& target);
    std::string esp_path(const std::string& path) const { return directory_.path() + "/esp/" + path; }
    std::string root() const { return directory_.path() + "/root"; }

    /// What the initramfs holds, path → content; written by read().
    std::map<std::string, std::string> packed{};
    /// Adds kernel, modules and an initramfs like the first one's.
    void add_kernel(const std::string& version);
    void set(const std::string& dataset, const std::string& property, const std::string& value);
    boot::Dataset& dataset(const std::string& name);

    std::string zfs_module(const std::string& version = "2.3.9-0+deb13u1", const std::string& kernel = kKernel,
                           bool is_signed = true) const;
    void write_menu(const std::string& zfs_version, bool is_signed = true);

    RealFiles files{};
    Kind kind = Kind::image;
    Pool pool{};
    std::string esp_type = "vfat", esp_partuuid = "d05c5f85-27a0-40a1-8849-1f3f4730b221";
    std::uint64_t esp_free = 400 << 20;
    bool esp_dirty = false;
    bool keep_initramfs = false;  ///< as it lies in boot, there or not

    System read();

private:
    void write_initramfs(const std::string& kernel);
    Generator generator_;
    TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp");
    std::vector<std::string> kernels_{};
};

/// Ids of the rows that fire.
std::set<std::string> fired(const Report& report);

}  // namespace kld::check::test
