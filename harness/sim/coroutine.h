// SPDX-License-Identifier: MIT
//
// Coroutines: stacks between which one host thread switches. A switch saves what the calling
// convention says that a function keeps, and costs some ten nanoseconds; where there is no assembly
// for a processor it is swapcontext, which costs two system calls.
//
// The control words of floating point (MXCSR and x87's, FPCR) are a function's to keep too, but
// there is one setting for all: nobody here changes it. Signal masks are not switched either.
#ifndef SIM_COROUTINE_H
#define SIM_COROUTINE_H

#include <stddef.h>

#if !defined COROUTINE_UCONTEXT && !defined __x86_64__ && !defined __aarch64__
#define COROUTINE_UCONTEXT
#endif
#ifdef COROUTINE_UCONTEXT
#include <ucontext.h>
#endif

#ifdef __SANITIZE_ADDRESS__
#define COROUTINE_ASAN
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define COROUTINE_ASAN
#endif
#endif

struct coroutine {
#ifdef COROUTINE_UCONTEXT
    ucontext_t context;
#else
    void *stack; // its stack pointer while it does not run; first: the assembly knows it
#endif
    void (*entry)(void *argument);
    void *argument;
#ifdef COROUTINE_ASAN
    const void *bottom; // of its stack; the host thread's is known when it has been left
    size_t size;
    void *fake; // where ASan keeps its variables, to see uses after return
#endif
};

// A coroutine that will run entry(argument) on the given stack; entry never returns. It needs no
// end: one that is not switched to any more is simply forgotten. *c is zeroed before its first use.
void coroutine_make(struct coroutine *c, void *stack, size_t size, void (*entry)(void *argument),
                    void *argument);
// Leaves the running coroutine in *from and goes on in *to.
void coroutine_switch(struct coroutine *from, struct coroutine *to);

#endif
