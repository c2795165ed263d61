// SPDX-License-Identifier: MIT
//
// The same as programs, where cycles are collected: nothing may be left.
#define RC_SCHEME generational
#define LK_SCHEME gil
#include "programs.c"
