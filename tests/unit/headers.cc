// SPDX-License-Identifier: BSD-3-Clause
// Has the headers that all unit tests include, and nothing to run.
int main() {
    return 0;
}
