// SPDX-License-Identifier: BSD-3-Clause
#include "vm/secure_boot.h"

#include <fmt/core.h>
#include <unistd.h>

namespace kld::vm {
namespace {

/// Files of ours in the tree's /tmp, gone when the work is done or has failed.
class Exchange {
public:
    Exchange(Files& files, const std::string& tree)
        : files_(files), inside_(fmt::format("/tmp/kldload-mok-{}", ::getpid())), outside_(tree + inside_) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() { static_cast<void>(files_.remove(outside_)); }

    Status put(const std::string& from, const std::string& name) {
        KLD_CHECK(files_.make_directories(outside_));
        KLD_TRY(const auto bytes, files_.read(from));
        return files_.write(outside_ + "/" + name, bytes, 0600);
    }
    Result<std::string> take(const std::string& name) { return files_.read(outside_ + "/" + name); }
    std::string inside(const std::string& name) const { return inside_ + "/" + name; }

private:
    Files& files_;
    std::string inside_;
    std::string outside_;
};

}  // namespace

Status enrol_mok(Runner& in_tree, Files& files, const std::string& tree, const MokEnrolment& wish) {
    KLD_TRY(const auto certificate, files.read(wish.certificate));
    if (certificate.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
        return fail(fmt::format("{} is no certificate in PEM form", wish.certificate),
                    "openssl x509 -inform DER -in CERT -out CERT.pem turns a DER file into one");
    Exchange exchange(files, tree);
    KLD_CHECK(exchange.put(wish.vars_template, "template.fd"));
    KLD_CHECK(exchange.put(wish.certificate, "mok.pem"));
    Command command{.argv = {"virt-fw-vars", "--input", exchange.inside("template.fd"), "--output",
                             exchange.inside("vars.fd"), "--secure-boot", "--add-mok", wish.owner,
                             exchange.inside("mok.pem")}};
    if (wish.shim_verbose) command.argv.emplace_back("--set-shim-verbose");
    auto done = in_tree.run(command);
    if (!done) {
        auto error =
            std::move(done).error().within(fmt::format("cannot enrol {} as a machine owner key", wish.certificate));
        error.hint =
            "needs virt-fw-vars: apt install python3-virt-firmware (Debian 13), or a Debian 13 root tree that has it "
            "(--tools-tree)";
        return fail(std::move(error));
    }
    KLD_TRY(const auto vars, exchange.take("vars.fd"));
    return files.write(wish.output, vars, 0600);
}

}  // namespace kld::vm
