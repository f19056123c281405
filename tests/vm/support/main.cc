// SPDX-License-Identifier: BSD-3-Clause
// Runs the tests of a program; once more, when they failed because QEMU's emulation broke a guest's kernel. Not at all,
// when it is too late to begin.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "vm/serial.h"

namespace {

constexpr const char* kOnceMore = "KLD_TEST_ONCE_MORE";
/// Seconds since 1970. An ordinary run of all tests ends in time also on a slow machine: what has not begun by then is
/// skipped.
constexpr const char* kLastBegin = "KLD_TEST_LAST_BEGIN";
/// What CTest takes for a skipped test.
constexpr int kSkipped = 77;

bool is_too_late() {
    const auto* last = std::getenv(kLastBegin);
    return last != nullptr && std::getenv(kOnceMore) == nullptr && std::time(nullptr) > std::atoll(last);
}

/// Sees whether every test that failed did so by the emulation's fault: its first failure is that, and what follows in
/// a test without its machine says nothing more.
class Blame : public testing::EmptyTestEventListener {
public:
    void OnTestStart(const testing::TestInfo&) override { failed_ = false; }
    void OnTestPartResult(const testing::TestPartResult& result) override {
        if (!result.failed() || failed_) return;
        failed_ = true;
        const bool its = std::strstr(result.message(), kld::vm::kEmulatorsFault.data()) != nullptr;
        (its ? emulations_ : others_) += 1;
    }
    bool is_the_emulations() const { return emulations_ > 0 && others_ == 0; }

private:
    bool failed_ = false;
    int emulations_ = 0, others_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    std::vector<char*> again(argv, argv + argc + 1);  // googletest takes its own arguments out of argv
    testing::InitGoogleTest(&argc, argv);
    if (!testing::GTEST_FLAG(list_tests) && is_too_late()) {
        std::printf("not begun: %s has passed\n", kLastBegin);
        return kSkipped;
    }
    auto* blame = new Blame;  // googletest owns it
    testing::UnitTest::GetInstance()->listeners().Append(blame);
    const int code = RUN_ALL_TESTS();
    if (code == 0 || !blame->is_the_emulations() || std::getenv(kOnceMore) != nullptr) return code;
    std::printf("%.*s: once more\n", static_cast<int>(kld::vm::kEmulatorsFault.size()),
                kld::vm::kEmulatorsFault.data());
    std::fflush(stdout);
    ::setenv(kOnceMore, "1", 1);
    ::execv("/proc/self/exe", again.data());
    std::perror("cannot run the tests once more");
    return code;
}
