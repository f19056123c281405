// SPDX-License-Identifier: BSD-3-Clause
#include "image/accounts.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace kld::image {
namespace {

constexpr std::uint32_t kFirstUid = 1000;
constexpr std::uint32_t kFirstSubordinate = 100000;
constexpr std::uint32_t kSubordinates = 65536;

using Records = std::vector<std::vector<std::string>>;

Records parse(const std::string& text) {
    Records records;
    for (const auto& line : lines(text)) records.push_back(split(line, ':'));
    return records;
}

std::string unparse(const Records& records) {
    std::string text;
    for (const auto& record : records) text += join(record, ":") + "\n";
    return text;
}

bool has_name(const Records& records, const std::string& name) {
    return std::any_of(records.begin(), records.end(), [&](const auto& record) { return record[0] == name; });
}

std::set<std::uint64_t> ids(const Records& records) {
    std::set<std::uint64_t> used;
    for (const auto& record : records)
        if (record.size() > 2)
            if (const auto id = parse_number(record[2])) used.insert(*id);
    return used;
}

void join_group(std::string& text, const std::string& group, const std::string& user) {
    auto records = parse(text);
    for (auto& record : records) {
        if (record[0] != group || record.size() < 4) continue;
        record[3] += record[3].empty() ? user : "," + user;
    }
    text = unparse(records);
}

void add_range(std::string& text, const std::string& name) {
    std::uint64_t next = kFirstSubordinate;
    for (const auto& record : parse(text)) {
        if (record.size() < 3) continue;
        const auto start = parse_number(record[1]);
        const auto count = parse_number(record[2]);
        if (start && count) next = std::max(next, *start + *count);
    }
    text += fmt::format("{}:{}:{}\n", name, next, kSubordinates);
}

}  // namespace

Result<UserId> add_user(Accounts& accounts, const NewUser& user, long day) {
    const auto passwd = parse(accounts.passwd);
    const auto group = parse(accounts.group);
    if (has_name(passwd, user.name) || has_name(group, user.name))
        return fail(fmt::format("the system has an account or group '{}' of its own", user.name),
                    "choose another user.name", ExitCode::usage);
    const auto uids = ids(passwd);
    const auto gids = ids(group);
    std::uint32_t id = kFirstUid;
    while (uids.contains(id) || gids.contains(id)) ++id;

    accounts.passwd += fmt::format("{0}:x:{1}:{1}::/home/{0}:/bin/bash\n", user.name, id);
    accounts.shadow +=
        fmt::format("{}:{}:{}:0:99999:7:::\n", user.name, user.password_hash.empty() ? "!" : user.password_hash, day);
    accounts.group += fmt::format("{}:x:{}:\n", user.name, id);
    accounts.gshadow += fmt::format("{}:!::\n", user.name);
    for (const auto& name : user.groups) {
        join_group(accounts.group, name, user.name);
        join_group(accounts.gshadow, name, user.name);
    }
    add_range(accounts.subuid, user.name);
    add_range(accounts.subgid, user.name);
    return UserId{id, id};
}

Status set_password(Accounts& accounts, const std::string& name, const std::string& hash) {
    auto records = parse(accounts.shadow);
    const auto at = std::find_if(records.begin(), records.end(), [&](const auto& record) { return record[0] == name; });
    if (at == records.end() || at->size() < 2) return fail(fmt::format("the system has no account '{}'", name));
    (*at)[1] = hash;
    accounts.shadow = unparse(records);
    return {};
}

std::vector<std::string> open_accounts(const Accounts& accounts) {
    std::vector<std::string> names;
    for (const auto& record : parse(accounts.shadow))
        if (record.size() > 1 && record[1].empty()) names.push_back(record[0]);
    return names;
}

}  // namespace kld::image
