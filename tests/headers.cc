// SPDX-License-Identifier: BSD-3-Clause
// Has the headers that most tests include, and nothing to run.
int main() {
    return 0;
}
