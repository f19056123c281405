// SPDX-License-Identifier: BSD-3-Clause
// A root tree in which the package managers of this machine work for real: its own /etc, /var and /opt over this
// machine's /usr, the real kpkg, and in the place of ZFS a program that keeps a list of snapshots.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::test {

class RootTree {
public:
    /// @param like  ID_LIKE of its os-release
    static Result<RootTree> make(const std::string& like);
    RootTree(RootTree&&) = default;
    RootTree& operator=(RootTree&&) = delete;
    ~RootTree();

    /// Runs a line of shell as root of the tree, in processes and mounts of its own. @returns its output, whatever it
    /// was
    Output sh(const std::string& line);
    /// Both outputs of a line of commands that must all succeed; else the test fails.
    std::string said(const std::string& line);

    /// Where a path of the tree lies outside of it; not for those below /usr.
    std::string at(const std::string& path) const { return base_.path() + "/root" + path; }
    std::string read(const std::string& path);
    void write(const std::string& path, const std::string& text, unsigned mode = 0644);

    /// Keeps in mind what lies in /usr, /etc, /opt, /root and /run.
    void remember_names();
    /// Names that have come (>) and gone (<) since then, as diff(1) says it; nothing when there are none.
    std::string changed_names();

    /// Snapshots that are there, oldest first.
    std::vector<std::string> snapshots();
    /// What /opt held when a snapshot was taken, in one line.
    std::string opt_in(const std::string& snapshot);
    /// Fields of `kpkg history -H`, one line a transaction: result and number of packages.
    std::vector<std::string> history();
    std::string last_record();
    /// No snapshot succeeds from now on, or each does.
    void fill(bool full);

private:
    explicit RootTree(TemporaryDirectory base) : base_(std::move(base)) {}
    Status lay_out(const std::string& like);

    TemporaryDirectory base_;
    RealFiles files_{};
    ProcessRunner runner_{};
};

}  // namespace kld::test
