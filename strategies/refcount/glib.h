// SPDX-License-Identifier: MIT
//
// glib: a peer. GLib's counts for anyone's structures, g_atomic_ref_count_inc and _dec
// (grefcount.h), of the library that is installed. What it does is what atomic does, on 32 bits:
// one read-modify-write a change, sequentially consistent. What it costs is a call of a shared
// library besides, through the linkage table, twice for a pair, and checks for a count that
// overflowed: it is measured as a program gets it that links GLib.
//
// A peer is there to be compared with. Its accesses do not pass through sync.h, so nobody counts
// them (no census), nobody tries other schedules of them (no explorer, no audit), and
// ThreadSanitizer, which does not see into the library, is not asked. What is verified, and what
// AddressSanitizer sees, holds for it as for all.
//
// Invariant: count = number of counted references and slots that refer to the object.
// Memory order: GLib's, which documents its operations on integers as full barriers.
//
// GLib has no attempt to count what may be dead; rc_try_incref is ours, of the integer operations
// that its counts are made of. g_atomic_ref_count_init is a plain store, so a reader that knew the
// block's former object could not rely on it: no optimistic readers (RC_TRY_HELD).
//
// libraries: glib-2.0
#ifndef RC_GLIB_H
#define RC_GLIB_H

#include "rc.h"

#if !__has_include(<glib.h>)
#error "no <glib.h>: make deps installs libglib2.0-dev"
#endif
#include <glib.h>

#define RC_SUMMARY "g_atomic_ref_count_inc and _dec of the GLib that is installed"
#define RC_SOURCE  "GLib 2.58 and later (glib/grefcount.h)"
#define RC_WHEN    "as the yardstick: what a library that is at hand costs"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_HELD | RC_NATIVE)
#define RC_CENSUS(op)

struct rc_header {
    gatomicrefcount count;
};

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    g_atomic_ref_count_init(&h->count);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    g_atomic_ref_count_inc(&h->count);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (g_atomic_ref_count_dec(&h->count))
        rc_die(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    for (;;) {
        gint n = g_atomic_int_get(&h->count);
        if (n == 0)
            return false;
        if (g_atomic_int_compare_and_exchange(&h->count, n, n + 1))
            return true;
    }
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

#include "rc_eager.h"

#endif
