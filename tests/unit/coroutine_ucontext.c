// SPDX-License-Identifier: MIT
//
// The same of the coroutines for processors that have no assembly.
#define COROUTINE_UCONTEXT
#include "coroutine.c"
