// SPDX-License-Identifier: BSD-3-Clause
#include "uki/menu_drivers.h"

namespace kld::uki {

std::vector<std::string> required_drivers() {
    return {"zfs",          "spl",          "nvme",       "ahci",
            "sd_mod",       "sr_mod",       "virtio_pci", "virtio_blk",
            "virtio_scsi",  "xhci_pci",     "ehci_pci",   "uhci_hcd",
            "ohci_pci",     "usb_storage",  "uas",        "usbhid",
            "hid_generic",  "mpt3sas",      "mptsas",     "mptspi",
            "megaraid_sas", "hpsa",         "smartpqi",   "aacraid",
            "arcmsr",       "3w_9xxx",      "3w_sas",     "mvsas",
            "isci",         "hv_vmbus",     "hv_storvsc", "hyperv_keyboard",
            "vmw_pvscsi",   "xen_blkfront", "mmc_block",  "sdhci_pci",
            "sdhci_acpi",   "vmd",          "efivarfs",   "vfat",
            "nls_cp437",    "nls_ascii"};
}

std::vector<std::string> wanted_drivers() {
    return {"virtio_console",
            "virtio_mmio",
            "virtio_input",
            "ata_piix",
            "ata_generic",
            "pata_acpi",
            "megaraid_mbox",
            "aic7xxx",
            "aic79xx",
            "aic94xx",
            "sym53c8xx",
            "pm80xx",
            "mvumi",
            "hptiop",
            "stex",
            "esas2r",
            "3w_xxxx",
            "ips",
            "mpi3mr",
            "myrs",

            "xhci_plat_hcd",
            "hid_hyperv",
            "hid_apple",
            "hid_logitech_dj",
            "hid_microsoft",
            "nls_iso8859_1",
            "nls_utf8",
            "rtsx_pci_sdmmc",
            "crc32c_generic",
            "crc32c_intel",
            "crct10dif_common",
            "crct10dif_pclmul",
            "crc64_rocksoft",
            "crc64_rocksoft_generic"};
}

std::vector<std::string> wanted_driver_directories() {
    return {"kernel/drivers/ata/", "kernel/drivers/mmc/host/sdhci"};
}

}  // namespace kld::uki
