// SPDX-License-Identifier: MIT
#include "coroutine.h"

#include <stdint.h>

#ifdef COROUTINE_UCONTEXT
static void start(unsigned entry_high, unsigned entry_low, unsigned high, unsigned low)
{
    uintptr_t entry = (uintptr_t)((uint64_t)entry_high << 32 | entry_low);
    uintptr_t argument = (uintptr_t)((uint64_t)high << 32 | low);
    ((void (*)(void *))entry)((void *)argument);
}
void coroutine_make(struct coroutine *c, void *stack, size_t size, void (*entry)(void *argument),
                    void *argument)
{
    uint64_t e = (uintptr_t)entry, a = (uintptr_t)argument;
    getcontext(&c->context);
    c->context.uc_stack.ss_sp = stack;
    c->context.uc_stack.ss_size = size;
    c->context.uc_link = NULL;
    makecontext(&c->context, (void (*)(void))start, 4, (unsigned)(e >> 32), (unsigned)e,
                (unsigned)(a >> 32), (unsigned)a);
}
void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
    swapcontext(&from->context, &to->context);
}

#elif defined __x86_64__
// System V ABI: rbx, rbp, r12-r15 and the stack pointer are the callee's to keep.
__asm__(".text\n"
        ".globl coroutine_switch\n"
        ".type coroutine_switch, @function\n"
        "coroutine_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq (%rsi), %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size coroutine_switch, . - coroutine_switch\n"
        // the first switch to a coroutine comes here: its entry in rbx, the argument in r12
        ".type coroutine_start, @function\n"
        "coroutine_start:\n"
        "    movq %r12, %rdi\n"
        "    callq *%rbx\n"
        "    ud2\n"
        ".size coroutine_start, . - coroutine_start\n");
void coroutine_start(void);

void coroutine_make(struct coroutine *c, void *stack, size_t size, void (*entry)(void *argument),
                    void *argument)
{
    uintptr_t *top = (uintptr_t *)(((uintptr_t)stack + size) & ~(uintptr_t)15);
    *--top = 0;                           // the stack is aligned to 16 where `call` stands
    *--top = 0;                           // where a debugger's walk ends
    *--top = (uintptr_t)coroutine_start;  // what `ret` pops
    *--top = 0;                           // rbp
    *--top = (uintptr_t)entry;            // rbx
    *--top = (uintptr_t)argument;         // r12
    *--top = 0;                           // r13
    *--top = 0;                           // r14
    *--top = 0;                           // r15
    c->stack = top;
}

#else
// AAPCS64: x19-x30, the stack pointer and d8-d15 are the callee's to keep.
__asm__(".text\n"
        ".globl coroutine_switch\n"
        ".type coroutine_switch, %function\n"
        "coroutine_switch:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    ldr x9, [x1]\n"
        "    mov sp, x9\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size coroutine_switch, . - coroutine_switch\n"
        // the first switch to a coroutine comes here: its entry in x19, the argument in x20
        ".type coroutine_start, %function\n"
        "coroutine_start:\n"
        "    mov x0, x20\n"
        "    blr x19\n"
        "    brk #0\n"
        ".size coroutine_start, . - coroutine_start\n");
void coroutine_start(void);

void coroutine_make(struct coroutine *c, void *stack, size_t size, void (*entry)(void *argument),
                    void *argument)
{
    uintptr_t *top = (uintptr_t *)(((uintptr_t)stack + size) & ~(uintptr_t)15) - 20;
    for (unsigned i = 0; i < 20; i++)
        top[i] = 0;
    top[0] = (uintptr_t)entry;            // x19
    top[1] = (uintptr_t)argument;         // x20
    top[11] = (uintptr_t)coroutine_start; // x30, where `ret` goes
    c->stack = top;
}
#endif
