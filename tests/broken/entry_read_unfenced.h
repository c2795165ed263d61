// SPDX-License-Identifier: MIT
//
// entry_read_unfenced: atomic, and a method cache whose reader has no fence before its second look
// at the sequence: it may find the old number beside what a writer has begun to store. x86-64
// forgives it.
#ifndef BROKEN_ENTRY_READ_UNFENCED_H
#define BROKEN_ENTRY_READ_UNFENCED_H

#include "../../strategies/refcount/atomic.h"

API void broken_memory_order_acquire(void)
{
}
API void broken_memory_order_release(void)
{
    sync_fence(memory_order_release);
}
#pragma push_macro("sync_fence")
#undef sync_fence
#define sync_fence(order) broken_##order()
#include "../../workloads/container/method_cache.h"
#pragma pop_macro("sync_fence")

#endif
