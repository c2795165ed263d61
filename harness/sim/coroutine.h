// SPDX-License-Identifier: MIT
//
// Coroutines: stacks between which one host thread switches. A switch saves what the calling
// convention says that a function keeps, and costs some ten nanoseconds; where there is no assembly
// for a processor it is swapcontext, which costs two system calls.
#ifndef SIM_COROUTINE_H
#define SIM_COROUTINE_H

#include <stddef.h>

#if !defined __x86_64__ && !defined __aarch64__
#define COROUTINE_UCONTEXT
#include <ucontext.h>
#endif

struct coroutine {
#ifdef COROUTINE_UCONTEXT
    ucontext_t context;
#else
    void *stack; // its stack pointer while it does not run
#endif
};

// A coroutine that will run entry(argument) on the given stack; entry never returns. It needs no
// end: one that is not switched to any more is simply forgotten.
void coroutine_make(struct coroutine *c, void *stack, size_t size, void (*entry)(void *argument),
                    void *argument);
// Leaves the running coroutine in *from and goes on in *to.
void coroutine_switch(struct coroutine *from, struct coroutine *to);

#endif
