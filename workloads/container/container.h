// SPDX-License-Identifier: MIT
//
// What list.h and dict.h have in common: which lock schemes they serve, and how they use one.
//
// Writers stand between lk_lock and lk_unlock, readers between lk_read_begin and lk_read_end; a
// reader whom either of the two refuses locks and reads again. The structure (lengths, indices,
// hashes) goes through sync_get and sync_set, elements are slots of the refcount scheme, storage is
// one block behind one pointer:
//   - a block is complete, every slot of it filled, before the pointer is stored;
//   - a block that was replaced goes to lk_retire, one that a clear took away goes there with its
//     elements, because a reader that has no lock may still follow both;
//   - both, and every decrement, come after lk_unlock: they may run destructors that lock.
#ifndef CONTAINER_H
#define CONTAINER_H

#include "../object.h"

// Reads exclude, so an element is taken by rc_read. Where they validate instead, a read will take
// elements by rc_try_load, check an index against the capacity that stands in the block itself, and
// publish (rc_publish) under the lock what rc_try_load refused. Where a writer replaces the block
// it will rc_copy all slots into the new one. A scheme with a map of its own replaces the table.
_Static_assert((LK_TRAITS & (LK_OPTIMISTIC | LK_COPIES | LK_BRINGS_MAP)) == 0,
               "the containers serve lock schemes whose readers exclude writers");

#endif
