// SPDX-License-Identifier: BSD-3-Clause
#include "faults.h"

#include "boot/hostid.h"
#include "samples/efi.h"

namespace kld::check::test {
namespace {

const std::string kPackedModules = "usr/lib/modules/" + kKernel + "/";

}  // namespace

std::string cache_file(const std::string& pool, unsigned char guid) {
    const auto u32 = [](std::uint32_t value) {
        std::string out;
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
        return out;
    };
    const auto text = [&](const std::string& value) {
        auto out = u32(static_cast<std::uint32_t>(value.size())) + value;
        out.resize((out.size() + 3) / 4 * 4);
        return out;
    };
    const auto pair = [&](const std::string& name, std::uint32_t type, const std::string& value) {
        const auto body = text(name) + u32(type) + u32(1) + value;
        return u32(static_cast<std::uint32_t>(body.size() + 8)) + u32(64) + body;
    };
    const auto end = u32(0) + u32(0);
    const auto header = u32(0) + u32(1);
    const auto inner = header + pair("pool_guid", 8, u32(0) + u32(guid)) + end;
    return std::string("\x01\x01\0\0", 4) + header + pair(pool, 19, inner) + end;
}

void only_zfsbootmenu(Model& m) {
    const auto uki = *m.files.read(m.esp_path("EFI/BOOT/grubx64.efi"));
    m.remove("../esp/EFI/BOOT");
    for (const auto* path : {"EFI/BOOT/BOOTX64.EFI", "EFI/zbm/VMLINUZ.EFI"})
        m.write(std::string("../esp/") + path, uki);
}

std::vector<Fault> faults() {
    return {
        {"zfs_initramfs_is_not_installed", "B01", "zfs-initramfs",
         [](Model& m) { m.remove("usr/share/initramfs-tools/scripts/zfs"); }},
        {"zpool_is_not_in_the_initramfs", "B01", "zpool", [](Model& m) { m.packed.erase("usr/sbin/zpool"); }},
        {"scripts_zfs_is_not_in_the_initramfs", "B01", "scripts/zfs", [](Model& m) { m.packed.erase("scripts/zfs"); }},
        {"libgcc_is_not_in_the_initramfs", "B01", "libgcc_s.so.1",
         [](Model& m) { m.packed.erase("usr/lib/x86_64-linux-gnu/libgcc_s.so.1"); }},
        {"dracut_without_its_module_zfs", "B01", "zfs-dracut",
         [](Model& m) { m.remove("usr/lib/dracut/modules.d/90zfs"); }, Generator::dracut},
        {"dracut_image_without_its_hooks", "B01", "98-mount-zfs.sh",
         [](Model& m) { m.packed.erase("var/lib/dracut/hooks/mount/98-mount-zfs.sh"); }, Generator::dracut},
        {"zfs_ko_is_not_in_the_initramfs", "B02", "no zfs.ko",
         [](Model& m) { m.packed.erase(kPackedModules + "zfs.ko"); }},
        {"zfs_ko_is_not_in_dracuts_initramfs", "B02", "no zfs.ko",
         [](Model& m) { m.packed.erase(kPackedModules + "zfs.ko"); }, Generator::dracut},
        {"spl_ko_is_not_in_the_initramfs", "B02", "no spl.ko",
         [](Model& m) { m.packed.erase(kPackedModules + "spl.ko"); }},
        {"modules_dep_names_no_zfs", "B02", "names no zfs.ko",
         [](Model& m) { m.packed[kPackedModules + "modules.dep"] = "a.ko:\n"; }},
        {"initramfs_is_cut_short", "B02", "",
         [](Model& m) {
             (void)m.read();
             const auto path = "boot/initrd.img-" + kKernel;
             const auto bytes = m.files.read(m.root() + "/" + path);
             m.write(path, bytes->substr(0, bytes->size() / 2));
         }},
        {"initramfs_is_older_than_the_module", "B02", "was not made again",
         [](Model& m) {
             // Same minor, so that the commands still fit.
             for (const auto* module : {"zfs.ko", "spl.ko"}) m.write(kTreeModules + module, m.zfs_module("2.3.10-1"));
         }},
        {"no_module_in_the_tree", "B03", "no zfs.ko", [](Model& m) { m.remove(kTreeModules + "zfs.ko"); }},
        {"real_time_kernel", "B03", "real-time",
         [](Model& m) {
             m.remove(kTreeModules + "zfs.ko");
             m.write("boot/config-" + kKernel, "CONFIG_PREEMPT_RT=y\n");
         }},
        {"dkms_without_headers", "B03", "headers",
         [](Model& m) {
             m.remove(kTreeModules + "zfs.ko");
             m.write("var/lib/dpkg/status",
                     "Package: zfs-dkms\nStatus: install ok installed\nVersion: 2.3.9-0+deb13u1\n");
         }},
        {"kernels_with_different_zfs", "B04", "2.3.8",
         [](Model& m) {
             m.add_kernel("6.12.90+deb13-amd64");
             const std::string base = "usr/lib/modules/6.12.90+deb13-amd64/";
             for (const auto* module : {"zfs.ko", "spl.ko"}) {
                 const auto bytes = m.zfs_module("2.3.8-1", "6.12.90+deb13-amd64");
                 m.write(base + "updates/kldload/" + module, bytes);
                 m.packed[base + module] = bytes;
             }
         }},
        {"kernel_newer_than_zfs", "B05", "6.11",
         [](Model& m) { m.write("usr/src/zfs-2.3.9/META", "Linux-Maximum: 6.11\nLinux-Minimum: 4.18\n"); }},
        {"kernel_file_of_another_release", "B06", "6.1.0-1",
         [](Model& m) { m.write("boot/vmlinuz-" + kKernel, modules::test::make_kernel("6.1.0-1-amd64 x", true)); }},
        {"module_of_another_release", "B06", "6.1.0-1",
         [](Model& m) { m.write(kTreeModules + "zfs.ko", m.zfs_module("2.3.9-0+deb13u1", "6.1.0-1-amd64")); }},
        {"commands_of_another_version", "B07", "2.2.7",
         [](Model& m) {
             m.write("var/lib/dpkg/status",
                     "Package: zfsutils-linux\nStatus: install ok installed\nVersion: 2.2.7-1\n");
         }},
        {"no_hostid", "B08", "no /etc/hostid", [](Model& m) { m.remove("etc/hostid"); }},
        {"no_hostid_in_the_initramfs", "B08", "no etc/hostid", [](Model& m) { m.packed.erase("etc/hostid"); }},
        {"another_hostid_in_the_initramfs", "B08", "initrd.img",
         [](Model& m) { m.packed["etc/hostid"] = std::string("\x01\x02\x03\x04"); }},
        {"pool_used_by_another_host", "B08", "0000beef",
         [](Model& m) {
             m.remove("var/lib/kldload/first-boot");
             const auto own = boot::hostid_file(0x1234);
             m.write("etc/hostid", own);
             m.packed["etc/hostid"] = own;
             m.pool.label = Label{"active", 0xbeef};
         }},
        {"hostid_on_the_command_line", "B08", "spl_hostid",
         [](Model& m) { m.set("rpool/ROOT/default", "org.zfsbootmenu:commandline", "rw spl.spl_hostid=0x1"); }},
        {"hostid_in_modprobe_d", "B08", "modprobe.d",
         [](Model& m) { m.write("etc/modprobe.d/zfs.conf", "options spl spl_hostid=1\n"); }},
        {"cache_file_of_another_pool", "B09", "tank",
         [](Model& m) {
             m.write("etc/zfs/zpool.cache", cache_file("tank", 5));
             m.write("etc/systemd/system/zfs-import.target.wants/zfs-import-cache.service", "");
         }},
        {"damaged_cache_file_in_the_initramfs", "B09", "damaged",
         [](Model& m) { m.packed["etc/zfs/zpool.cache"] = "garbage"; }},
        {"scan_is_not_enabled", "B10", "zfs-import-scan",
         [](Model& m) { m.remove("etc/systemd/system/zfs-import.target.wants/zfs-import-scan.service"); }},
        {"cache_without_its_unit", "B10", "zfs-import-cache",
         [](Model& m) { m.write("etc/zfs/zpool.cache", cache_file("rpool", 77)); }},
        {"environment_with_canmount_on", "B11", "canmount=on",
         [](Model& m) { m.set("rpool/ROOT/default", "canmount", "on"); }},
        {"two_datasets_on_one_place", "B12", "rpool/data",
         [](Model& m) {
             m.set("rpool/data", "mountpoint", "/home");
             m.set("rpool/data", "canmount", "on");
         }},
        {"child_of_an_environment", "B12", "below an environment",
         [](Model& m) {
             m.set("rpool/ROOT/default/opt", "mountpoint", "/opt");
             m.set("rpool/ROOT/default/opt", "canmount", "on");
         }},
        {"list_cache_of_an_installer", "B12", "/mnt/home",
         [](Model& m) { m.write("etc/zfs/zfs-list.cache/rpool", "rpool/home\t/mnt/home\ton\n"); }},
        {"var_log_is_mounted_late", "B13", "/var/log",
         [](Model& m) { m.packed.erase("scripts/init-bottom/kldload-var-log"); }},
        {"var_log_is_mounted_late_by_dracut", "B13", "/var/log",
         [](Model& m) { m.packed.erase("var/lib/dracut/hooks/pre-pivot/50-kldload-var-log.sh"); }, Generator::dracut},
        {"files_below_a_mount_point", "B13", "/home/someone/file", [](Model& m) { m.write("home/someone/file", "x"); }},
        {"usr_is_a_dataset", "B14", "/usr",
         [](Model& m) {
             m.set("rpool/usr", "mountpoint", "/usr");
             m.set("rpool/usr", "canmount", "noauto");
         }},
        {"package_database_is_a_dataset", "B14", "/var/lib/dpkg",
         [](Model& m) {
             m.set("rpool/lib", "mountpoint", "/var/lib");
             m.set("rpool/lib", "canmount", "noauto");
         }},
        {"boot_in_fstab", "B15", "/etc/fstab",
         [](Model& m) { m.write("etc/fstab", "UUID=aa /boot ext4 defaults 0 2\n"); }},
        {"boot_is_a_dataset", "B15", "rpool/boot",
         [](Model& m) {
             m.set("rpool/boot", "mountpoint", "/boot");
             m.set("rpool/boot", "canmount", "noauto");
         }},
        {"no_kernel", "B16", "no kernel",
         [](Model& m) {
             (void)m.read();
             m.remove("boot");
             m.write("boot/x", "");
         }},
        {"no_initramfs", "B16", "initramfs",
         [](Model& m) {
             (void)m.read();
             m.remove("boot/initrd.img-" + kKernel);
             m.keep_initramfs = true;
         }},
        {"pin_without_escapes", "B17", "must be written",
         [](Model& m) { m.set("rpool/ROOT/default", "org.zfsbootmenu:kernel", "vmlinuz-" + kKernel + "$"); }},
        {"pin_of_a_kernel_that_is_gone", "B17", "matches no kernel",
         [](Model& m) { m.set("rpool/ROOT/default", "org.zfsbootmenu:kernel", "vmlinuz-5.10"); }},
        {"root_on_the_command_line", "B18", "root=/dev/sda1",
         [](Model& m) { m.set("rpool/ROOT/default", "org.zfsbootmenu:commandline", "rw root=/dev/sda1"); }},
        {"open_quote_on_the_command_line", "B18", "quote",
         [](Model& m) { m.set("rpool/ROOT/default", "org.zfsbootmenu:commandline", "rw dyndbg=\"file x"); }},
        {"prefix_of_another_generator", "B18", "rootprefix",
         [](Model& m) { m.set("rpool/ROOT/default", "org.zfsbootmenu:rootprefix", "zfs="); }},
        {"bootfs_is_not_set", "B19", "not set", [](Model& m) { m.pool.properties["bootfs"] = "-"; }},
        {"bootfs_is_gone", "B19", "not there", [](Model& m) { m.pool.properties["bootfs"] = "rpool/ROOT/old"; }},
        {"bootfs_is_no_environment", "B19", "no boot environment",
         [](Model& m) { m.pool.properties["bootfs"] = "rpool/home"; }},
        {"environment_is_read_only", "B21", "readonly=on",
         [](Model& m) { m.set("rpool/ROOT/default", "readonly", "on"); }},
        {"environment_left_mounted_elsewhere", "B21", "/tmp/ze.1",
         [](Model& m) {
             m.set("rpool/ROOT/old", "mountpoint", "/tmp/ze.1");
             m.set("rpool/ROOT/old", "canmount", "noauto");
         }},
        {"esp_is_full", "B22", "free", [](Model& m) { m.esp_free = 100; }},
        {"esp_is_no_fat", "B22", "ext4, not FAT", [](Model& m) { m.esp_type = "ext4"; }},
        {"esp_is_dirty", "B22", "not unmounted", [](Model& m) { m.esp_dirty = true; }},
        {"menu_is_cut_short", "B22", "cut short",
         [](Model& m) {
             const auto bytes = *m.files.read(m.esp_path("EFI/BOOT/grubx64.efi"));
             m.write("../esp/EFI/BOOT/grubx64.efi", bytes.substr(0, bytes.size() / 2));
         }},
        {"menu_has_no_zfs", "B22", "zfs.ko",
         [](Model& m) {
             m.write("../esp/EFI/BOOT/grubx64.efi",
                     boot::test::make_efi_program(
                         {{".linux", modules::test::make_kernel("6.1-x", true)},
                          {".initrd", initramfs::test::archive({initramfs::test::directory("usr")})}}));
         }},
        {"no_fallback_loader", "B23", "BOOTX64.EFI", [](Model& m) { m.remove("../esp/EFI/BOOT/BOOTX64.EFI"); }},
        {"shim_without_a_menu", "B23", "grubx64.efi", [](Model& m) { m.remove("../esp/EFI/BOOT/grubx64.efi"); }},
        {"shim_alone", "B23", "starts no boot menu",
         [](Model& m) {
             m.remove("../esp/EFI/BOOT/grubx64.efi");
             m.remove("../esp/EFI/BOOT/mmx64.efi");
         }},
        {"another_program_in_place_of_the_menu", "B23", "starts no boot menu",
         [](Model& m) {
             m.write("../esp/EFI/BOOT/grubx64.efi", boot::test::make_efi_program({{".text", "a shell"}}));
         }},
        {"fallback_is_another_zfsbootmenu", "B23", "EFI/zbm/VMLINUZ.EFI",
         [](Model& m) {
             only_zfsbootmenu(m);
             m.write("../esp/EFI/zbm/VMLINUZ.EFI", boot::test::make_efi_program({{".text", "newer"}}));
         }},
        {"fstab_of_another_disk", "B24", "not there",
         [](Model& m) { m.write("etc/fstab", "UUID=FFFF-0000 /boot/efi vfat defaults 0 0\n"); }},
        {"fstab_without_nofail", "B24", "nofail",
         [](Model& m) { m.write("etc/fstab", "UUID=1234-ABCD /boot/efi vfat defaults 0 0\n"); }},
        {"dataset_in_fstab", "B24", "rpool/home",
         [](Model& m) { m.write("etc/fstab", "rpool/home /home zfs defaults 0 0\n"); }},
        {"menu_older_than_the_pools_features", "B25", "raidz_expansion",
         [](Model& m) {
             m.pool.properties["feature@raidz_expansion"] = "active";
             m.write_menu("2.1.11-1");
         }},
        {"first_boot_would_lift_the_pool_too_far", "B25", "first boot would lift the pool to openzfs-9.9-linux",
         [](Model& m) {
             m.write("var/lib/kldload/first-boot", "");
             m.write("usr/share/zfs/compatibility.d/openzfs-9.9-linux", "not_yet_there\n");
             m.set("rpool", "org.kldload:compatibility", "openzfs-9.9-linux");
         }},
        {"feature_that_no_list_knows", "B25", "not_yet_there",
         [](Model& m) { m.pool.properties["feature@not_yet_there"] = "active"; }},
        {"grub_with_features_it_cannot_read", "B26", "zstd_compress",
         [](Model& m) {
             m.write("boot/grub/grub.cfg", "");
             m.pool.properties["feature@zstd_compress"] = "active";
         }},
        {"unsigned_module", "B27", "zfs.ko",
         [](Model& m) { m.packed[kPackedModules + "zfs.ko"] = m.zfs_module("2.3.9-0+deb13u1", kKernel, false); }},
        {"unsigned_kernel", "B27", "vmlinuz",
         [](Model& m) { m.write("boot/vmlinuz-" + kKernel, modules::test::make_kernel(kKernel + " x", false)); }},
        {"unsigned_menu", "B27", "grubx64.efi", [](Model& m) { m.write_menu("2.3.9-0+deb13u1", false); }},
        {"selinux_without_labels", "B28", "labels",
         [](Model& m) { m.write("etc/selinux/config", "SELINUX=enforcing\n"); }},
        {"mount_service_is_not_enabled", "B29", "zfs-mount.service",
         [](Model& m) { m.remove("etc/systemd/system/zfs.target.wants/zfs-mount.service"); }},
        {"masked_target", "B29", "masked", [](Model& m) { m.link("etc/systemd/system/zfs.target", "/dev/null"); }},
        {"origin_goes_away", "B31", "clone",
         [](Model& m) {
             m.set("rpool/ROOT/default", "origin", "rpool/ROOT/old@s");
             m.pool.snapshots.push_back({"rpool/ROOT/old@s", {{"defer_destroy", {"on", "-"}}}});
         }},
        {"raw_key_that_nobody_can_type", "B32", "raw",
         [](Model& m) {
             m.set("rpool/ROOT/default", "encryption", "aes-256-gcm");
             m.set("rpool/ROOT/default", "keyformat", "raw");
             m.set("rpool/ROOT/default", "keylocation", "prompt");
         }},
        {"key_file_that_is_not_packed", "B32", "/etc/zfs/key",
         [](Model& m) {
             m.set("rpool/ROOT/default", "encryption", "aes-256-gcm");
             m.set("rpool/ROOT/default", "keyformat", "passphrase");
             m.set("rpool/ROOT/default", "keylocation", "file:///etc/zfs/key");
             m.write("etc/zfs/key", "secret");
         }},
        {"raw_key_of_the_dataset_above", "B32", "rpool/ROOT asks for a raw key",
         [](Model& m) {
             m.set("rpool/ROOT", "keyformat", "raw");
             m.set("rpool/ROOT", "keylocation", "prompt");
             m.set("rpool/ROOT/default", "encryption", "aes-256-gcm");
             m.set("rpool/ROOT/default", "encryptionroot", "rpool/ROOT");
             m.set("rpool/ROOT/default", "keyformat", "raw");
             m.set("rpool/ROOT/default", "keylocation", "none");
         }},
        {"key_file_of_the_pool_is_gone", "B32", "the key of rpool is file:///etc/zfs/key",
         [](Model& m) {
             m.set("rpool", "keyformat", "passphrase");
             m.set("rpool", "keylocation", "file:///etc/zfs/key");
             m.set("rpool/ROOT/default", "encryption", "aes-256-gcm");
             m.set("rpool/ROOT/default", "keyformat", "passphrase");
             m.set("rpool/ROOT/default", "keylocation", "none");
         }},
        {"pool_is_full", "B33", "free", [](Model& m) { m.pool.properties["free"] = "1000000"; }},
        {"no_nvme_in_the_initramfs", "B34", "nvme", [](Model& m) { m.packed.erase(kPackedModules + "nvme.ko"); }},
        {"machine_id_in_an_image", "B35", "machine-id",
         [](Model& m) { m.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n"); }},
        {"host_key_in_an_image", "B35", "ssh_host_ed25519_key",
         [](Model& m) { m.write("etc/ssh/ssh_host_ed25519_key", "secret"); }},
        {"nvme_names_in_an_image", "B35", "/etc/nvme/hostnqn",
         [](Model& m) { m.write("etc/nvme/hostnqn", "nqn.2014-08.org.nvmexpress:uuid:1\n"); }},
        {"build_hostid_after_first_boot", "B35", "6b6c6431", [](Model& m) { m.remove("var/lib/kldload/first-boot"); }},
        {"dkms_conf_of_old", "B36", "REMAKE_INITRD",
         [](Model& m) { m.write("etc/dkms/zfs.conf", "REMAKE_INITRD=yes\n"); }},
        {"kernel_name_of_arm", "B37", "/boot/Image", [](Model& m) { m.write("boot/Image-6.12", "x"); }},
        {"image_was_not_exported", "B38", "active",
         [](Model& m) {
             m.pool.label = Label{"active", 0};
         }},
    };
}

}  // namespace kld::check::test
