// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/text.h"
#include "config/schema.h"

namespace kld::config {
namespace {

class Reader {
public:
    Reader(Answers& answers, std::vector<std::string>& faults) : answers_(answers), faults_(faults) {}

    void table(const toml::table& table, const std::string& prefix) {
        for (const auto& [name, node] : table) {
            const auto key = prefix + std::string(name.str());
            if (const auto* inner = node.as_table())
                this->table(*inner, key + ".");
            else
                value(key, node);
        }
    }

private:
    void fault(const toml::node& node, const std::string& text) {
        faults_.push_back(fmt::format("line {}: {}", node.source().begin.line, text));
    }
    void value(const std::string& key, const toml::node& node) {
        if (key == "version") {
            if (node.value<std::int64_t>() != 1) fault(node, "version is not 1");
            return;
        }
        const auto& fields = schema();
        const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == key; });
        if (field == fields.end()) return fault(node, "unknown key " + key);
        if (const auto* list = node.as_array();
            list != nullptr && std::holds_alternative<std::vector<std::string> Answers::*>(field->target)) {
            (answers_.*std::get<std::vector<std::string> Answers::*>(field->target)).clear();
            for (const auto& item : *list) one(*field, item);
        } else {
            one(*field, node);
        }
    }
    void one(const Field& field, const toml::node& node) {
        if (!node.is_string()) return fault(node, field.key + " must be a string");
        if (auto done = set(answers_, field, node.as_string()->get()); !done) fault(node, done.error().message);
    }

    Answers& answers_;
    std::vector<std::string>& faults_;
};

std::string quoted(const std::string& value) {
    return "\"" + replace_all(replace_all(value, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

/// Lines for one key, below its [table] heading when that is a new one.
class Writer {
public:
    std::string text;
    void line(const Field& field, const std::string& value, const std::string& mark) {
        const auto dot = field.key.rfind('.');
        const auto table = dot == std::string::npos ? std::string() : field.key.substr(0, dot);
        if (table != table_) text += fmt::format("\n[{}]\n", table);
        table_ = table;
        text +=
            fmt::format("{}{} = {}\n", mark, dot == std::string::npos ? field.key : field.key.substr(dot + 1), value);
    }
    void comment(const Field& field, const std::string& comment) {
        const auto dot = field.key.rfind('.');
        const auto table = dot == std::string::npos ? std::string() : field.key.substr(0, dot);
        if (table != table_) text += fmt::format("\n[{}]\n", table);
        table_ = table;
        text += "# " + comment + "\n";
    }

private:
    std::string table_;
};

std::string list_of(const std::vector<std::string>& values) {
    std::vector<std::string> items;
    for (const auto& value : values) items.push_back(quoted(value));
    return "[" + join(items, ", ") + "]";
}

}  // namespace

Status parse_answers(Answers& answers, const std::string& text, const std::string& path) {
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& bad) {
        return fail(fmt::format("{}: line {}: {}", path, bad.source().begin.line, bad.description()), {},
                    ExitCode::usage);
    }
    std::vector<std::string> faults;
    Reader(answers, faults).table(root, "");
    if (faults.empty()) return {};
    return fail(
        Error{path + " has faults", faults, "kldload answers prints every key with its meaning", ExitCode::usage});
}

std::string to_toml(const Answers& answers, bool reveal) {
    Writer writer;
    writer.text = "version = 1\n";
    for (const auto& field : schema()) {
        if (const auto* one = std::get_if<std::string Answers::*>(&field.target)) {
            const auto& value = answers.**one;
            if (!value.empty()) writer.line(field, quoted(field.secret && !reveal ? "(hidden)" : value), "");
        } else if (const auto& many = answers.*std::get<std::vector<std::string> Answers::*>(field.target);
                   !many.empty()) {
            writer.line(field, list_of(many), "");
        }
    }
    return writer.text;
}

std::string answers_template() {
    Writer writer;
    writer.text = "version = 1\n";
    for (const auto& field : schema()) {
        const bool many = std::holds_alternative<std::vector<std::string> Answers::*>(field.target);
        writer.comment(field, fmt::format("{}{}; flag {}", field.help,
                                          field.fallback.empty() ? "" : fmt::format(" (otherwise {})", field.fallback),
                                          field.flag()));
        writer.line(field, many ? list_of({field.example}) : quoted(field.example), "#");
    }
    return writer.text;
}

}  // namespace kld::config
