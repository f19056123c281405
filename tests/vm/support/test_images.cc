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

Result<GuestOptions> secure_test_image(const std::string& name) {
    KLD_TRY(auto options, test_image(name));
    KLD_TRY(const auto text, RealFiles().read(vm::default_cache_directory() + "/test-images/" + name + ".json"));
    const auto report = nlohmann::json::parse(text, nullptr, false);
    if (report.is_discarded()) return fail("the report beside the image " + name + " is no JSON");
    options.secure_boot = true;
    options.mok_certificate = report.value("certificate", "");
    options.tools_tree = report.value("tools_tree", "");
    return options;
}

}  // namespace kld::test
