// SPDX-License-Identifier: MIT
#ifndef SPECIALISE_H
#define SPECIALISE_H
enum { SPECIALISED_NEVER = 0xffff };
#define SPECIALISE_NONE(kind)                                                                     \
    API bool specialise_##kind(struct thread *t, struct frame *f, machine_word *at, uint64_t word, \
                               struct rc_local *sp)                                               \
    {                                                                                             \
        (void)t, (void)f, (void)at, (void)word, (void)sp;                                         \
        return false;                                                                             \
    }
SPECIALISE_NONE(load_global)
SPECIALISE_NONE(load_attr)
SPECIALISE_NONE(store_attr)
SPECIALISE_NONE(load_method)
SPECIALISE_NONE(subscript)
SPECIALISE_NONE(store_subscript)
SPECIALISE_NONE(binary)
SPECIALISE_NONE(compare)
SPECIALISE_NONE(for_iter)
SPECIALISE_NONE(call)
SPECIALISE_NONE(call_method)
#endif
