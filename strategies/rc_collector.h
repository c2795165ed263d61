// SPDX-License-Identifier: MIT
//
// A collector of cycles beside reference counts, as CPython has had one since 2.0 (Neil Schemenauer,
// 2000), in PEP 703's form: the world stands while it finds out what is dead, and runs again before
// the first object is destroyed, so that what an object does when it ends may wait for other
// threads.
//
// With the world stopped:
//   1. what schemes deferred is settled (collector_settle)
//   2. each object in question gets its count of references
//   3. from each, the references that such objects hold are subtracted; uncounted locals are added
//   4. what has references left is alive, and all that can be reached from it (without recursion)
//   5. of the rest, the collector takes a counted reference each, and their weak references die
// Then the world starts, and the rest is destroyed together (rc_die_together).
//
// The scheme defines, before it includes this, members of struct rc_header by COLLECTOR_FIELDS, and
// after it the functions that are declared here.
#ifndef RC_COLLECTOR_H
#define RC_COLLECTOR_H

#include "rc.h"

// Bits of `gc`; what is above them counts references while the world is stopped. A bit that is
// read while the world runs never changes between rc_init and the object's death, but for TRACKED.
enum collector_bit {
    COLLECTOR_TRACKED = 1 << 0,  // the collector looks at it; taken away when it dies
    COLLECTOR_REACHED = 1 << 1,  // step 4 came by
    COLLECTOR_DEFERRED = 1 << 2, // made with RC_DEFERRED or RC_HOT: only a collector ends it
    COLLECTOR_SCHEME = 1 << 3,   // the scheme's own
    COLLECTOR_ONE = 1 << 4,      // one reference
};
#define COLLECTOR_FIELDS _Atomic(uint32_t) gc;

typedef void collector_object(void *argument, struct rc_header *h);

// --- supplied by the scheme; the world is stopped ---

// Brings the counts of all threads together where the scheme keeps them elsewhere than in objects.
// Objects that turn out dead are given to `dead`; they die when the world has started.
API void collector_settle(struct thread *t, collector_object *dead, void *argument);
// Shows every object with COLLECTOR_TRACKED.
API void collector_objects(struct thread *t, collector_object *visit, void *argument);
// Shows every local, of any thread, that refers to a tracked object and is not counted.
API void collector_locals(struct thread *t, collector_object *visit, void *argument);
// Counted references to h, without what the scheme adds to keep a deferred object alive.
API int64_t collector_count(struct thread *t, struct rc_header *h);
// One more counted reference to h, which is about to die: any thread may give it up.
API void collector_keep(struct thread *t, struct rc_header *h);

#endif
