// SPDX-License-Identifier: BSD-3-Clause
#include "model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <tuple>

#include "base/text.h"
#include "boot/hostid.h"
#include "modules/module_signature.h"
#include "samples/efi.h"

namespace kld::check::test {

using initramfs::test::archive;
using initramfs::test::make_elf;

Model::Model(Generator generator) : generator_(generator) {
    write("usr/lib/os-release", "ID=debian\n");
    write("etc/hostid", boot::hostid_file(boot::kBuildHostid));
    write("etc/machine-id", "");
    write("var/lib/kldload/first-boot", "");
    write("etc/fstab", "PARTUUID=" + esp_partuuid + " /boot/efi vfat umask=0077,nofail 0 0\n");
    write("var/lib/dpkg/status", "Package: zfsutils-linux\nStatus: install ok installed\nVersion: 2.3.9-0+deb13u1\n\n");
    write("usr/share/zfs/compatibility.d/openzfs-2.1-linux", "# 2.1\nasync_destroy\nzstd_compress # new\n");
    write("usr/share/zfs/compatibility.d/openzfs-2.3-linux", "async_destroy\nzstd_compress\nraidz_expansion\n");
    write("usr/share/zfs/compatibility.d/grub2", "async_destroy\n");
    for (const auto* unit : {"zfs-mount.service", "zfs-import-scan.service", "zfs.target", "zfs-import.target"})
        write(std::string("usr/lib/systemd/system/") + unit, "[Unit]\n");
    write("etc/systemd/system/multi-user.target.wants/zfs.target", "");
    write("etc/systemd/system/zfs.target.wants/zfs-import.target", "");
    write("etc/systemd/system/zfs.target.wants/zfs-mount.service", "");
    write("etc/systemd/system/zfs-import.target.wants/zfs-import-scan.service", "");
    packed = {{"etc/hostid", boot::hostid_file(boot::kBuildHostid)},
              {"usr/lib/x86_64-linux-gnu/ld.so.2", make_elf({})},
              {"usr/lib/x86_64-linux-gnu/libc.so.6", make_elf({})},
              {"usr/lib/x86_64-linux-gnu/libgcc_s.so.1", make_elf({"libc.so.6"})},
              {"usr/sbin/zpool", make_elf({"libc.so.6"}, "/usr/lib/x86_64-linux-gnu/ld.so.2")},
              {"usr/sbin/zfs", make_elf({"libc.so.6"})},
              {"usr/sbin/mount.zfs", make_elf({"libc.so.6"})}};
    if (generator_ == Generator::dracut) {
        write("usr/bin/dracut", "");
        write("usr/lib/dracut/modules.d/90zfs/module-setup.sh", "");
        for (const auto* path :
             {"var/lib/dracut/hooks/cmdline/95-parse-zfs.sh", "usr/lib/dracut-zfs-lib.sh",
              "var/lib/dracut/hooks/mount/98-mount-zfs.sh", "usr/lib/systemd/system-generators/dracut-zfs-generator",
              "usr/lib/systemd/system/zfs-import.target", "var/lib/dracut/hooks/pre-pivot/50-kldload-var-log.sh"})
            packed[path] = "x";
    } else {
        write("usr/sbin/update-initramfs", "");
        write("usr/share/initramfs-tools/scripts/zfs", "");
        for (const auto* path : {"scripts/zfs", "conf/conf.d/zfs", "scripts/init-bottom/kldload-var-log"})
            packed[path] = "x";
    }
    add_kernel(kKernel);

    pool.name = "rpool";
    pool.properties = {{"bootfs", "rpool/ROOT/default"},
                       {"guid", "77"},
                       {"size", "7516192768"},
                       {"free", "7000000000"},
                       {"feature@async_destroy", "active"},
                       {"feature@zstd_compress", "enabled"},
                       {"feature@redaction_bookmarks", "disabled"}};
    pool.label = Label{"exported", 0};
    for (const auto& [name, mountpoint, canmount] :
         std::vector<std::tuple<std::string, std::string, std::string>>{{"rpool", "none", "off"},
                                                                        {"rpool/ROOT", "none", "off"},
                                                                        {"rpool/ROOT/default", "/", "noauto"},
                                                                        {"rpool/home", "/home", "on"},
                                                                        {"rpool/var", "/var", "off"},
                                                                        {"rpool/var/log", "/var/log", "on"}}) {
        pool.datasets.push_back({name, {}});
        set(name, "mountpoint", mountpoint);
        set(name, "canmount", canmount);
        set(name, "readonly", "off");
    }
    set("rpool/ROOT", "org.zfsbootmenu:commandline", "rw quiet");
    dataset("rpool/ROOT/default").properties["org.zfsbootmenu:commandline"] = {"rw quiet", "inherited from rpool/ROOT"};

    for (const auto* name : {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/mmx64.efi"})
        write("../esp/" + std::string(name),
              boot::test::make_efi_program({{".text", "code"}, {".sbat", "shim,4,UEFI shim,shim,1\n"}}));
    write_menu("2.3.9-0+deb13u1");
}

void Model::write(const std::string& path, const std::string& bytes) {
    const std::filesystem::path full = root() + "/" + path;
    std::filesystem::create_directories(root());
    std::filesystem::create_directories(full.lexically_normal().parent_path());
    ASSERT_TRUE(files.write(full.lexically_normal(), bytes).has_value());
}

void Model::remove(const std::string& path) {
    ASSERT_TRUE(files.exists(root() + "/" + path)) << path;
    std::filesystem::remove_all(root() + "/" + path);
}

void Model::link(const std::string& path, const std::string& target) {
    std::filesystem::create_symlink(target, root() + "/" + path);
}

boot::Dataset& Model::dataset(const std::string& name) {
    for (auto& one : pool.datasets)
        if (one.name == name) return one;
    return pool.datasets.emplace_back(boot::Dataset{name, {}});
}

void Model::set(const std::string& name, const std::string& property, const std::string& value) {
    dataset(name).properties[property] = {value, "local"};
}

std::string Model::zfs_module(const std::string& version, const std::string& kernel, bool is_signed) const {
    const auto bytes =
        modules::test::make_module({.version = version, .vermagic = kernel + " SMP preempt mod_unload "});
    return is_signed ? *modules::sign_module(bytes, modules::test::sample_key()) : bytes;
}

void Model::add_kernel(const std::string& version) {
    kernels_.push_back(version);
    write("boot/vmlinuz-" + version, modules::test::make_kernel(version + " (builder) #1", true));
    for (const auto* module : {"spl", "zfs"})
        write("usr/lib/modules/" + version + "/updates/kldload/" + module + ".ko",
              zfs_module("2.3.9-0+deb13u1", version));
    const auto base = "usr/lib/modules/" + version + "/";
    for (const auto* driver : {"nvme", "ahci", "sd_mod", "virtio_blk", "virtio_scsi", "usb-storage"})
        packed[base + driver + ".ko"] = "driver";
    for (const auto* module : {"spl.ko", "zfs.ko"}) packed[base + module] = zfs_module("2.3.9-0+deb13u1", version);
    packed[base + "modules.dep"] = "zfs.ko: spl.ko\n";
}

void Model::write_initramfs(const std::string& kernel) {
    std::vector<initramfs::NewEntry> entries;
    std::set<std::string> made;
    for (const auto& [path, bytes] : packed) {
        const auto modules = std::string("usr/lib/modules/");
        if (path.starts_with(modules) && !path.starts_with(modules + kernel + "/")) continue;
        for (auto at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
            if (made.insert(path.substr(0, at)).second)
                entries.push_back(initramfs::test::directory(path.substr(0, at)));
        entries.push_back(initramfs::test::program(path, bytes));
        if (path == modules + kernel + "/zfs.ko" && made.insert("lib").second)
            entries.push_back(initramfs::test::link("lib", "usr/lib"));
    }
    write("boot/initrd.img-" + kernel, archive(entries));
}

void Model::write_menu(const std::string& zfs_version, bool is_signed) {
    const std::string kernel = "6.12.1-menu";
    write("../esp/EFI/BOOT/grubx64.efi",
          boot::test::make_uki(kernel, {{"zfs.ko", zfs_module(zfs_version, kernel)}}, is_signed));
}

System Model::read() {
    for (const auto& kernel : kernels_)
        if (!keep_initramfs && files.exists(root() + "/boot/vmlinuz-" + kernel) &&
            !files.exists(root() + "/boot/initrd.img-" + kernel))
            write_initramfs(kernel);
    System system{"model", kind};
    if (kind == Kind::directory) return read_directory(files, root());
    system.pool = pool;
    system.esp = Esp{Tree(files, directory_.path() + "/esp"), esp_type, "1234-ABCD", esp_partuuid, esp_free, esp_dirty};
    for (const auto& one : pool.datasets)
        if (one.name.starts_with("rpool/ROOT/") && one.value("mountpoint") == "/")
            system.environments.push_back(read_environment(Tree(files, root()), &one));
    return system;
}

std::set<std::string> fired(const Report& report) {
    std::set<std::string> ids;
    for (const auto& finding : report.findings)
        if (finding.fires()) ids.insert(finding.id);
    return ids;
}

}  // namespace kld::check::test
