// SPDX-License-Identifier: MIT
//
// The store that a sweep is measured into: one that is unfinished is gone on with.
#ifndef SWEEP_STORE_H
#define SWEEP_STORE_H

#include "sweep.h"

// Finds or makes the store of w's plan and shard and measures into it; w's store, stored and path
// are set for that and are nothing afterwards. `asked` must be a store of this plan, shard and
// machine, or not exist yet; NULL: the newest such store that is unfinished, or a new one. A
// finished one stays as it is. *path, for the caller to free, is the store's, or NULL. *status: of
// sweep_run. False, with a message: there is no store.
bool sweep_measure(struct sweep *w, const char *asked, char **path, int *status, struct error *e);

#endif
