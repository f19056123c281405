// SPDX-License-Identifier: BSD-3-Clause
#include "prune_options.h"

#include "base/age.h"
#include "base/text.h"

namespace kld::cmd {

void PruneOptions::add_to(CLI::App& verb, const std::string& kind) {
    verb.add_option("--keep", keep, "the newest N of each " + kind + " stay; else one");
    verb.add_option("--older-than", older_than, "younger ones stay: 12h, 30d, 8w, 1y");
    verb.add_option("--min-free", min_free, "the oldest go, until so much is free: 10%, 20G");
}

Result<snap::Policy> prune_policy(const PruneOptions& options, const snap::PoolSpace& space, const std::string& what) {
    if (options.keep.empty() && options.older_than.empty() && options.min_free.empty())
        return fail("nothing says which " + what + " may go",
                    "--keep 10, --older-than 30d or --min-free 10%; all of them together take away what each lets go",
                    ExitCode::usage);
    snap::Policy policy;
    if (!options.keep.empty()) {
        KLD_TRY(policy.keep, parse_number(options.keep));
    }
    if (!options.older_than.empty()) {
        KLD_TRY(policy.older_than, parse_age(options.older_than));
    }
    if (!options.min_free.empty()) {
        KLD_TRY(policy.min_free, snap::parse_min_free(options.min_free, space));
    }
    return policy;
}

}  // namespace kld::cmd
