// SPDX-License-Identifier: BSD-3-Clause
// Small pure functions over strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kld {

std::string_view trim(std::string_view text);

/// Pieces between separators, empty ones included: "a,,b" gives "a", "", "b"; "" gives one empty piece.
std::vector<std::string> split(std::string_view text, char separator);

/// Lines without their newline; a last line without newline counts, an empty text gives none.
std::vector<std::string> lines(std::string_view text);

/// Pieces between runs of blanks and tabs, none of them empty.
std::vector<std::string> words(std::string_view text);

bool contains(const std::vector<std::string>& list, std::string_view word);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// ASCII letters alone.
std::string lower_case(std::string text);

std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// The last `count` lines of `text`.
std::vector<std::string> last_lines(std::string_view text, std::size_t count);

/// The word as a POSIX shell would need it: unchanged when it is plain, else in single quotes.
std::string shell_quote(const std::string& word);

/// A command line that can be pasted into a shell.
std::string shell_line(const std::vector<std::string>& argv);

/// "1536 MiB" style: bytes in the largest binary unit that keeps one decimal, e.g. "512.0 MiB".
std::string human_bytes(std::uint64_t bytes);

/// "8G", "512M", "1.5T", "4096" (bytes) → bytes; suffixes K M G T, optionally followed by iB or B, all binary.
Result<std::uint64_t> parse_size(std::string_view text);

/// Whole text as an unsigned decimal, or nothing but an error that quotes it.
Result<std::uint64_t> parse_number(std::string_view text);

std::string hex(std::string_view bytes);

}  // namespace kld
