#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by dracut before it leaves for the root: a program of its own, because exit would end dracut's hook.
# shellcheck disable=SC2154
/usr/lib/kldload/mount-var-log "$NEWROOT"
