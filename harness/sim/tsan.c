// SPDX-License-Identifier: MIT
//
// The instrumented face: what -fsanitize=thread makes of a unit's accesses. The names are the
// interface between compilers and ThreadSanitizer's library, which is not linked: these are.
#include "core.h"

#define SITE __builtin_return_address(0)
void __tsan_init(void);
void __tsan_init(void)
{
}
