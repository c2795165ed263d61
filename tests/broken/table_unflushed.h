// SPDX-License-Identifier: MIT
//
// table_unflushed: safethread, but the collector traces with counts that the threads' tables have not
// been added to.
#ifndef BROKEN_TABLE_UNFLUSHED_H
#define BROKEN_TABLE_UNFLUSHED_H

#include "../../strategies/rc.h"

API void broken_flush(struct rc_thread *o)
{
    (void)o;
}

// The definition keeps its body under another name, its callers get this one.
#define safethread_flush_table(o) FLUSH_##o)
#define FLUSH_struct     safethread_flush_table_right(struct
#define FLUSH_rc_self(t) broken_flush(rc_self(t)
#include "../../strategies/refcount/safethread.h"
#undef safethread_flush_table

#endif
