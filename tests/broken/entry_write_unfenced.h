// SPDX-License-Identifier: MIT
//
// entry_write_unfenced: atomic, and a method cache whose writer has no fence behind the odd number:
// who finds what it has begun to store may still find the old number. x86-64 forgives it.
#ifndef BROKEN_ENTRY_WRITE_UNFENCED_H
#define BROKEN_ENTRY_WRITE_UNFENCED_H

#include "../../strategies/refcount/atomic.h"

API void broken_memory_order_acquire(void)
{
    sync_fence(memory_order_acquire);
}
API void broken_memory_order_release(void)
{
}
#pragma push_macro("sync_fence")
#undef sync_fence
#define sync_fence(order) broken_##order()
#include "../../workloads/container/method_cache.h"
#pragma pop_macro("sync_fence")

#endif
