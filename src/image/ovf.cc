// SPDX-License-Identifier: BSD-3-Clause
#include "image/ovf.h"

#include <fmt/core.h>

namespace kld::image {
namespace {

std::string xml_text(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

/// One device of the virtual hardware. Its fields come in the order of their names: the schema demands it.
struct Item {
    std::vector<std::pair<std::string, std::string>> fields;

    std::string text() const {
        std::string all = "      <Item>\n";
        for (const auto& [name, value] : fields) all += fmt::format("        <rasd:{0}>{1}</rasd:{0}>\n", name, value);
        return all + "      </Item>\n";
    }
};

std::string hardware(const Appliance& appliance) {
    // Resource types are CIM_ResourceAllocationSettingData's: 3 processor, 4 memory, 6 SCSI controller, 10 network, 17
    // disk.
    const std::vector<Item> items = {
        {{{"AllocationUnits", "hertz * 10^6"},
          {"ElementName", fmt::format("{} virtual CPUs", appliance.cpus)},
          {"InstanceID", "1"},
          {"ResourceType", "3"},
          {"VirtualQuantity", std::to_string(appliance.cpus)}}},
        {{{"AllocationUnits", "byte * 2^20"},
          {"ElementName", fmt::format("{} MB of memory", appliance.memory_mib)},
          {"InstanceID", "2"},
          {"ResourceType", "4"},
          {"VirtualQuantity", std::to_string(appliance.memory_mib)}}},
        {{{"Address", "0"},
          {"ElementName", "SCSI controller 0"},
          {"InstanceID", "3"},
          {"ResourceSubType", "lsilogic"},
          {"ResourceType", "6"}}},
        {{{"AddressOnParent", "0"},
          {"ElementName", "Hard disk 1"},
          {"HostResource", "ovf:/disk/vmdisk1"},
          {"InstanceID", "4"},
          {"Parent", "3"},
          {"ResourceType", "17"}}},
        {{{"AddressOnParent", "7"},
          {"AutomaticAllocation", "true"},
          {"Connection", "VM Network"},
          {"ElementName", "Network adapter 1"},
          {"InstanceID", "5"},
          {"ResourceSubType", "E1000"},
          {"ResourceType", "10"}}},
    };
    std::string text;
    for (const auto& item : items) text += item.text();
    return text;
}

}  // namespace

std::string ovf_descriptor(const Appliance& appliance, const OvfDisk& disk) {
    const auto name = xml_text(appliance.name), file = xml_text(disk.file);
    std::string text = R"(<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
    xmlns:vmw="http://www.vmware.com/schema/ovf">
)";
    text +=
        fmt::format("  <References>\n    <File ovf:href=\"{}\" ovf:id=\"file1\" ovf:size=\"{}\"/>\n  </References>\n",
                    file, disk.file_bytes);
    text += fmt::format(
        "  <DiskSection>\n    <Info>Virtual disks</Info>\n"
        "    <Disk ovf:capacity=\"{}\" ovf:capacityAllocationUnits=\"byte\" ovf:diskId=\"vmdisk1\" "
        "ovf:fileRef=\"file1\"\n"
        "        ovf:format=\"http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized\" "
        "ovf:populatedSize=\"{}\"/>\n  </DiskSection>\n",
        disk.capacity_bytes, disk.populated_bytes);
    text +=
        "  <NetworkSection>\n    <Info>Networks</Info>\n    <Network ovf:name=\"VM Network\">\n"
        "      <Description>The network of the first adapter</Description>\n    </Network>\n  </NetworkSection>\n";
    text += fmt::format(
        "  <VirtualSystem ovf:id=\"{0}\">\n    <Info>A stock system on ZFS root</Info>\n    <Name>{0}</Name>\n"
        "    <OperatingSystemSection ovf:id=\"{1}\" vmw:osType=\"{2}\">\n      <Info>The operating system</Info>\n"
        "    </OperatingSystemSection>\n    <VirtualHardwareSection>\n      <Info>Virtual hardware</Info>\n"
        "      <System>\n        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>\n"
        "        <vssd:InstanceID>0</vssd:InstanceID>\n"
        "        <vssd:VirtualSystemIdentifier>{0}</vssd:VirtualSystemIdentifier>\n"
        "        <vssd:VirtualSystemType>vmx-15</vssd:VirtualSystemType>\n      </System>\n",
        name, appliance.cim_os_type, xml_text(appliance.vmware_os_type));
    text += hardware(appliance);
    text +=
        "      <vmw:Config ovf:required=\"false\" vmw:key=\"firmware\" vmw:value=\"efi\"/>\n"
        "    </VirtualHardwareSection>\n  </VirtualSystem>\n</Envelope>\n";
    return text;
}

std::string ovf_manifest(const std::vector<std::pair<std::string, std::string>>& digests) {
    std::string text;
    for (const auto& [file, digest] : digests) text += fmt::format("SHA256({})= {}\n", file, digest);
    return text;
}

}  // namespace kld::image
