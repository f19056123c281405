// SPDX-License-Identifier: BSD-3-Clause
// A small package with one of everything that a package of ours can have, for the tests of each family.
#pragma once

#include <string>

#include "packing/package.h"

namespace kld::test {

/// Its functions write into /test/calls that they were called.
inline packing::Package sample_package(const std::string& version = "1.0", const std::string& content = "x\n") {
    return {.name = "kldload-sample",
            .version = version,
            .summary = "100% of a test",
            .description = "First %{lines} of a\ntest.\n\nSecond paragraph.",
            .depends = {},
            .native = true,
            .files = {{"etc/kldload-sample/settings", "setting = 1\n"},
                      {"usr/bin/sample", "#!/bin/sh\necho sample\n", 0755},
                      {.path = "usr/bin/other-sample", .link = "sample"},
                      {"usr/lib/kldload/sample", content}},
            .functions =
                "say() {\n\techo \"${1%/*}\" >>\"$root/test/calls\"\n}\n"
                "installed() {\n\tsay installed/1\n}\n"
                "before_removal() {\n\tsay before_removal/1\n}\n"
                "removed() {\n\tsay removed/1\n}\n"
                "purged() {\n\tsay purged/1\n}\n"};
}

}  // namespace kld::test
