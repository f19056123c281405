// SPDX-License-Identifier: BSD-3-Clause
// Reads how a machine is. Six child programs at most, however many snapshots there are.
//
// `zpool status` has the errors and the scrub, `zpool list` the sizes, one `zfs list` the datasets; those and systemctl
// run side by side. Snapshots have a call of their own: asked for name and createtxg alone, OpenZFS 2.2 and later hand
// them out without opening each (ten thousand of them in the time of a hundred), which one more property, or one call
// for datasets and snapshots, would undo. So the newest is found by its transaction group, and its time is asked for in
// a sixth call. How many there are cannot be had from a dataset: snapshot_count is kept only below a snapshot_limit.
// The space that they hold is usedbysnapshots of the datasets, and not the sum of what each uses: blocks that two
// snapshots share would be missing.
#pragma once

#include "base/files.h"
#include "base/runner.h"
#include "status/state.h"

namespace kld::status {

/// Whatever can be read. Nothing fails as a whole: `unread` says what is missing and why.
State probe(Runner& runner, Files& files);

/// Runs the check of the boot chain, which opens kernels and initramfs images and takes seconds.
void probe_boot_chain(Runner& runner, Files& files, State& state);

}  // namespace kld::status
