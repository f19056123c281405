// SPDX-License-Identifier: BSD-3-Clause
// What has to be taken back, in the reverse order of its making.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld::exports {

class UndoStack {
public:
    /// @param what  for the error: "the loop device /dev/loop0"
    /// @returns its number, for take_back()
    std::size_t push(std::string what, std::function<Status()> undo) {
        steps_.push_back({std::move(what), std::move(undo)});
        return steps_.size() - 1;
    }

    /// Takes one back now, because its time has come. When that fails it is tried again at the end.
    Status take_back(std::size_t number) {
        KLD_CHECK(steps_[number].undo());
        steps_[number].undo = nullptr;
        return {};
    }

    /// Takes the others back, newest first. @returns a line for each that could not be
    std::vector<std::string> unwind() {
        std::vector<std::string> left;
        for (; !steps_.empty(); steps_.pop_back()) {
            if (!steps_.back().undo) continue;
            if (const auto done = steps_.back().undo(); !done)
                left.push_back(steps_.back().what + " is left behind: " + done.error().message);
        }
        return left;
    }

private:
    struct Step {
        std::string what;
        std::function<Status()> undo;
    };
    std::vector<Step> steps_{};
};

}  // namespace kld::exports
