// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/boot_menu.h"

#include <fmt/core.h>

#include <functional>
#include <map>

#include "base/text.h"

namespace kld::test {
namespace {

constexpr std::chrono::seconds kKeyLimit{30};
constexpr const char* kTitle = "kldload boot menu";

/// The numbered rows of a list that were drawn behind `from`; a row that was drawn again counts as it is now.
std::vector<std::string> rows_since(const vm::Transcript& transcript, std::size_t from) {
    std::map<std::uint64_t, std::string> rows;
    for (const auto& line : lines(std::string_view(transcript.text()).substr(from))) {
        const auto parts = words(line.starts_with('>') ? line.substr(1) : line);
        if (parts.size() < 2 || (line[0] != ' ' && line[0] != '>')) continue;
        if (const auto number = parse_number(parts[0])) rows[*number] = parts[1];
    }
    std::vector<std::string> names;
    for (const auto& [number, name] : rows) names.push_back(name);
    return names;
}

Result<std::size_t> row_of(const std::vector<std::string>& rows, const std::function<bool(const std::string&)>& wanted,
                           const std::string& what) {
    for (std::size_t i = 0; i < rows.size() && i < 9; ++i)
        if (wanted(rows[i])) return i + 1;
    return fail(
        fmt::format("the boot menu does not show {}; it shows: {}", what, rows.empty() ? "nothing" : join(rows, ", ")));
}

}  // namespace

Result<BootMenu> BootMenu::wait(vm::SerialConsole& console, std::chrono::seconds limit) {
    BootMenu menu(console);
    KLD_CHECK(console.expect(vm::text(kTitle), limit));
    const auto list = console.cursor();
    // Until disks have settled it may say that it found nothing: that is no list yet.
    KLD_TRY(const auto state,
            console.expect({vm::regex("^Booting \\S+ in \\d+ s"), vm::text("Choose a boot environment.")}, limit));
    if (state.which == 0) {
        // A key that means nothing to the menu: it stops the countdown and moves nothing.
        KLD_CHECK(console.send("x"));
        KLD_CHECK(console.expect(vm::text("Choose a boot environment."), kKeyLimit));
    }
    // The row of keys is drawn last.
    console.listen(std::chrono::milliseconds(200));
    menu.entries_ = rows_since(console.transcript(), list);
    return menu;
}

Status BootMenu::back_to_list() {
    KLD_CHECK(console_->expect(vm::text("Any key goes back to the menu"), kKeyLimit));
    KLD_CHECK(console_->send("x"));
    KLD_CHECK(console_->expect(vm::text("Choose a boot environment."), kKeyLimit));
    return {};
}

Status BootMenu::select(const std::string& dataset) {
    KLD_TRY(const auto row, row_of(
                                entries_, [&](const auto& name) { return name == dataset; }, dataset));
    return console_->send(std::to_string(row));
}

Status BootMenu::boot(const std::string& dataset) {
    KLD_CHECK(select(dataset));
    return console_->send_key(vm::Key::enter);
}

Status BootMenu::boot_kernel(const std::string& dataset, const std::string& kernel) {
    KLD_CHECK(select(dataset));
    const auto before = console_->transcript().text().size();
    KLD_CHECK(console_->send("K"));
    KLD_CHECK(console_->expect(vm::text("Choose a kernel of"), kKeyLimit));
    const auto rows = rows_since(console_->transcript(), before);
    KLD_TRY(const auto row,
            row_of(
                rows, [&](const auto& path) { return path.find(kernel) != std::string::npos; }, "a kernel " + kernel));
    KLD_CHECK(console_->send(std::to_string(row)));
    return console_->send_key(vm::Key::enter);
}

Status BootMenu::boot_with(const std::string& dataset, const std::string& arguments) {
    KLD_CHECK(select(dataset));
    KLD_CHECK(console_->send("E"));
    KLD_CHECK(console_->expect(vm::text("Edit the command line of"), kKeyLimit));
    KLD_CHECK(console_->send(" " + arguments));
    return console_->send_key(vm::Key::enter);
}

Result<vm::SerialShell> BootMenu::recovery_shell(std::chrono::seconds limit) {
    KLD_CHECK(console_->send("R"));
    KLD_CHECK(console_->expect(vm::regex("[#$] ?$"), limit));
    return vm::SerialShell::adopt(*console_, limit);
}

Result<std::string> BootMenu::message(const std::string& text, std::chrono::seconds limit) {
    const auto from = console_->cursor();
    KLD_CHECK(console_->expect(vm::regex(text), limit));
    return console_->transcript().text().substr(from);
}

}  // namespace kld::test
