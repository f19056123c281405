// SPDX-License-Identifier: BSD-3-Clause
#include "machine.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "boot/trial.h"
#include "samples/efi.h"

namespace kld::cmd {
namespace {

std::string properties(const std::string& dataset, const std::string& mountpoint) {
    return dataset + "\tmountpoint\t" + mountpoint + "\tlocal\n" + dataset + "\tcanmount\tnoauto\tlocal\n" + dataset +
           "\tkeystatus\t-\t-\n";
}

}  // namespace

Result<Output> BeginningsRunner::run(const Command& command) {
    const auto line = shell_line(command.argv);
    ran.push_back(line);
    const Output* answer = nullptr;
    for (const auto& [beginning, output] : answers)  // sorted: a longer one comes later
        if (line.starts_with(beginning)) answer = &output;
    if (answer == nullptr) {
        ADD_FAILURE() << "nobody expected: " << line;
        return fail(line + " was not expected");
    }
    if (!command.accept(answer->exit_code))
        return fail(command_error(command, "exit " + std::to_string(answer->exit_code), answer->err));
    return *answer;
}

std::size_t BeginningsRunner::count(const std::string& beginning) const {
    return static_cast<std::size_t>(
        std::count_if(ran.begin(), ran.end(), [&](const auto& line) { return line.starts_with(beginning); }));
}

void Machine::SetUp() {
    auto made = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(made);
    locks_.emplace(std::move(*made));
    files.entries["/proc/self/mountinfo"] = {std::string(kRoot) + kEsp};
    files.entries["/boot/efi/EFI/BOOT/grubx64.efi"] = {
        boot::test::make_efi_program({{".osrel", "ID=kldload\nKLDLOAD_TRIALS=1\n"}})};
    files.entries["/etc/os-release"] = {"ID=debian\n"};
    files.entries["/usr/bin/apt-get"] = {"program"};
    boots_next("rpool/ROOT/default");
    runner.answers["zfs get -Hp -r -t filesystem "].out = "rpool/ROOT\tmountpoint\tnone\tlocal\n" +
                                                          properties("rpool/ROOT/default", "/") +
                                                          properties("rpool/ROOT/other", "/");
    runner.answers["zfs list -Hp -r -t snapshot "] = {};
    runner.answers["zpool get -Hp -o value guid rpool"].out = "77\n";
    runner.answers["zpool sync rpool"] = {};
}

void Machine::boots_next(const std::string& dataset) {
    runner.answers["zpool get -H -o value bootfs,altroot rpool"].out = dataset + "\n-\n";
}

void Machine::on_trial(const std::string& dataset) {
    ASSERT_TRUE(boot::write_trial(files, "/boot/efi", {1, 77, dataset, 2, 3, false}));
}

std::string Machine::trial() {
    const auto record = boot::read_trial(files, "/boot/efi");
    return record ? record->dataset : "";
}

Said Machine::say(const std::vector<std::string>& words) {
    std::function<Result<int>()> verb;
    ToolContext context{.runner = runner,
                        .files = files,
                        .is_root = is_root,
                        .locks = locks_->path(),
                        .foreground = [this](const Foreground& command) -> Result<int> {
                            on_terminal.push_back(command);
                            return terminal_code;
                        },
                        .events = [] { return std::make_unique<NoEvents>(); },
                        .chosen = [&](std::function<Result<int>()> run) { verb = std::move(run); }};
    const Tool* tool = nullptr;
    for (const auto& one : all_tools())
        if (words.front() == one.name) tool = &one;
    if (tool == nullptr) throw std::runtime_error("no tool is called " + words.front());
    CLI::App app{tool->summary, tool->name};
    app.require_subcommand(0, 1);
    app.fallthrough();
    tool->add(app, context);
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));
    } catch (const CLI::ParseError& bad) {
        return {static_cast<int>(ExitCode::usage), {}, bad.what()};
    }
    if (!verb) throw std::runtime_error("no verb was chosen: " + shell_line(words));
    testing::internal::CaptureStdout();
    const auto done = verb();
    Said said{0, testing::internal::GetCapturedStdout(), {}};
    said.code = done ? *done : static_cast<int>(done.error().code);
    if (!done) said.err = render(done.error());
    return said;
}

void Machine::expect_refused(const std::vector<std::string>& words, ExitCode code, const std::string& message,
                             const std::string& hint) {
    SCOPED_TRACE(shell_line(words));
    const auto said = say(words);
    EXPECT_EQ(said.code, static_cast<int>(code)) << said.out << said.err;
    EXPECT_NE(said.err.find(message), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("hint: " + hint), std::string::npos) << said.err;
}

std::vector<std::string> Machine::steps(const Said& said) {
    EXPECT_EQ(said.code, 0) << said.err;
    std::vector<std::string> all;
    const auto plan = nlohmann::json::parse(said.out, nullptr, false);
    EXPECT_TRUE(plan.is_object()) << said.out;
    if (!plan.is_object()) return all;
    EXPECT_EQ(plan.at("version"), 1);
    for (const auto& step : plan.at("steps"))
        all.push_back(step.at("text").get<std::string>() + " | " +
                      shell_line(step.at("argv").get<std::vector<std::string>>()));
    return all;
}

}  // namespace kld::cmd
