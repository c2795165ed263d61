// SPDX-License-Identifier: MIT
//
// The contract of a map that a lock scheme brings itself (LK_BRINGS_MAP): the answer of the JVM,
// whose concurrent maps lock one bin and read without a lock. Such a scheme includes this header
// and defines these functions; dictionaries are then built on them instead of on lk_lock and
// lk_read_begin.
//
// Semantics. Keys and values are slots of `owner`, the object that embeds the map. Equality is the
// caller's; it takes no lock. A value that rc_try_load refuses is read again under the bin's lock.
// Memory ordering. What happens before lk_map_set happens before what follows the lk_map_get that
// finds its value.
#ifndef LK_MAP_H
#define LK_MAP_H

#include "lk.h"

struct lk_map;
typedef bool lk_map_equal(struct rc_header *a, struct rc_header *b);

API void lk_map_init(struct thread *t, struct lk_map *m, lk_map_equal *equal);
// From obj_destroy of the owner: gives up all keys and values.
API void lk_map_destroy(struct thread *t, struct lk_map *m);
// A counted reference to the value, or NULL.
API struct rc_header *lk_map_get(struct thread *t, struct lk_map *m, struct rc_header *key,
                                 uint64_t hash);
// The map takes references of its own to key and value. The displaced value, counted, or NULL.
API struct rc_header *lk_map_set(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                 struct rc_header *key, uint64_t hash, struct rc_header *value);
API struct rc_header *lk_map_remove(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                    struct rc_header *key, uint64_t hash);
API void lk_map_visit(struct lk_map *m, rc_visit *visit, void *argument);

#endif
