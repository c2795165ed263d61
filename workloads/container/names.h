// SPDX-License-Identifier: MIT
//
// Keys as a namespace has them: interned strings, of which comparing is comparing addresses.
#ifndef NAMES_H
#define NAMES_H

#include "key.h"

#include <stdio.h>

// Name number i, with one counted reference; each number may be made once in a world.
API struct rc_header *name_new(struct thread *t, size_t i)
{
    char name[32];
    int length = snprintf(name, sizeof name, "name_%zu", i);
    return string_new(t, name, (size_t)length, true);
}

#endif
