// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/test_images.h"

#include <nlohmann/json.hpp>

#include "vm/acceleration.h"

namespace kld::test {

Result<GuestOptions> test_image(const std::string& name) {
    GuestOptions options;
    KLD_TRY(options.image, image_path(name));
    options.user = "admin";
    options.identity = vm::default_cache_directory() + "/test-images/id_ed25519";
    return options;
}

Result<std::string> report_of(const std::string& name, const std::string& key) {
    KLD_TRY(const auto text, RealFiles().read(vm::default_cache_directory() + "/test-images/" + name + ".json"));
    const auto report = nlohmann::json::parse(text, nullptr, false);
    if (!report.is_object() || !report.contains(key) || !report[key].is_string())
        return fail("the report beside the image " + name + " does not say its " + key);
    return report[key].get<std::string>();
}

Result<GuestOptions> secure_test_image(const std::string& name) {
    KLD_TRY(auto options, test_image(name));
    options.secure_boot = true;
    KLD_TRY(options.mok_certificate, report_of(name, "certificate"));
    KLD_TRY(options.tools_tree, report_of(name, "tools_tree"));
    return options;
}

vm::Drive packages_drive() {
    return {.path = vm::default_cache_directory() + "/test-images/update.img",
            .format = "raw",
            .throwaway = true,
            .serial = "packages"};
}

}  // namespace kld::test
