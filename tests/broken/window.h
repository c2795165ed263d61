// SPDX-License-Identifier: MIT
//
// A place between two steps where a test can stand (tests/conformance/window.c).
#ifndef BROKEN_WINDOW_H
#define BROKEN_WINDOW_H

#include "../../strategies/rc.h"

static void (*broken_window)(struct thread *t, struct rc_header *h);
#define RC_WINDOW broken_window

API void broken_stand(struct thread *t, struct rc_header *h)
{
    if (broken_window != NULL)
        broken_window(t, h);
}

#endif
