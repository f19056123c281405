/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenZFS's headers include this one, which the development package leaves out. Of it they need one incomplete type. */
#pragma once

typedef struct dmu_replay_record dmu_replay_record_t;
