// SPDX-License-Identifier: MIT
//
// ticks_unwoken: gil_ticks, but who gives the lock up wakes nobody.
#ifndef BROKEN_TICKS_UNWOKEN_H
#define BROKEN_TICKS_UNWOKEN_H

#pragma push_macro("sync_unpark")
#undef sync_unpark
#define sync_unpark(word, n) ((void)(word))
#include "../../strategies/lock/gil_ticks.h"
#pragma pop_macro("sync_unpark")

#endif
