// SPDX-License-Identifier: MIT
#include "coroutine.h"

#include <stdint.h>

static void begin(struct coroutine *c);

// --- the switch ---------------------------------------------------------------------------------

// prepare: the first switch to c calls begin(c) on this stack. swap: saves what runs in *from.
#ifdef COROUTINE_UCONTEXT
static void start(unsigned high, unsigned low)
{
    begin((struct coroutine *)(uintptr_t)((uint64_t)high << 32 | low));
}
static void prepare(struct coroutine *c, void *stack, size_t size)
{
    uint64_t p = (uintptr_t)c; // arguments are ints
    getcontext(&c->context);
    c->context.uc_stack.ss_sp = stack;
    c->context.uc_stack.ss_size = size;
    c->context.uc_link = NULL;
    makecontext(&c->context, (void (*)(void))start, 2, (unsigned)(p >> 32), (unsigned)p);
}
static void swap(struct coroutine *from, struct coroutine *to)
{
    swapcontext(&from->context, &to->context);
}

#else
// Global in the assembly: binutils resolves what the compiler asks the global offset table for
// wrongly where the symbol is local.
void swap(struct coroutine *from, struct coroutine *to) __asm__("coroutine_swap");
void start(void) __asm__("coroutine_start");

#if defined __x86_64__
// System V ABI: rbx, rbp, r12-r15 and the stack pointer are the callee's to keep. What is saved on
// both stacks looks alike, so that a debugger's view holds before and after the switch.
__asm__(".pushsection .text\n"
        ".globl coroutine_swap\n"
        ".hidden coroutine_swap\n"
        ".type coroutine_swap, @function\n"
        "coroutine_swap:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbp, 0\n"
        "    pushq %rbx\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbx, 0\n"
        "    pushq %r12\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r12, 0\n"
        "    pushq %r13\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r13, 0\n"
        "    pushq %r14\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r14, 0\n"
        "    pushq %r15\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r15, 0\n"
        "    movq %rsp, (%rdi)\n"
        "    movq (%rsi), %rsp\n"
        "    popq %r15\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r15\n"
        "    popq %r14\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r14\n"
        "    popq %r13\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r13\n"
        "    popq %r12\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r12\n"
        "    popq %rbx\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %rbx\n"
        "    popq %rbp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %rbp\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size coroutine_swap, . - coroutine_swap\n"
        // the first switch comes here: begin in rbx, its argument in r12; nobody called it
        ".globl coroutine_start\n"
        ".hidden coroutine_start\n"
        ".type coroutine_start, @function\n"
        "coroutine_start:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined %rip\n"
        "    movq %r12, %rdi\n"
        "    callq *%rbx\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size coroutine_start, . - coroutine_start\n"
        ".popsection\n");

static void prepare(struct coroutine *c, void *stack, size_t size)
{
    // `ret` must leave the stack pointer a multiple of 16, as it is before a call
    uintptr_t *top = (uintptr_t *)(((uintptr_t)stack + size) & ~(uintptr_t)15);
    *--top = 0;
    *--top = 0;                // where a walk without unwind tables ends
    *--top = (uintptr_t)start; // what `ret` pops
    *--top = 0;                // rbp
    *--top = (uintptr_t)begin; // rbx
    *--top = (uintptr_t)c;     // r12
    *--top = 0;                // r13
    *--top = 0;                // r14
    *--top = 0;                // r15
    c->stack = top;
}

#else
// AAPCS64: x19-x30, the stack pointer and the lower halves of v8-v15 are the callee's to keep.
__asm__(".pushsection .text\n"
        ".globl coroutine_swap\n"
        ".hidden coroutine_swap\n"
        ".type coroutine_swap, %function\n"
        "coroutine_swap:\n"
        "    .cfi_startproc\n"
        "    sub sp, sp, #160\n"
        "    .cfi_adjust_cfa_offset 160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    .cfi_rel_offset x29, 80\n"
        "    .cfi_rel_offset x30, 88\n"
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
        "    .cfi_restore x29\n"
        "    .cfi_restore x30\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    .cfi_adjust_cfa_offset -160\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size coroutine_swap, . - coroutine_swap\n"
        // the first switch comes here: begin in x19, its argument in x20; nobody called it
        ".globl coroutine_start\n"
        ".hidden coroutine_start\n"
        ".type coroutine_start, %function\n"
        "coroutine_start:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    mov x0, x20\n"
        "    blr x19\n"
        "    brk #0\n"
        "    .cfi_endproc\n"
        ".size coroutine_start, . - coroutine_start\n"
        ".popsection\n");

static void prepare(struct coroutine *c, void *stack, size_t size)
{
    uintptr_t *top = (uintptr_t *)(((uintptr_t)stack + size) & ~(uintptr_t)15) - 20;
    for (unsigned i = 0; i < 20; i++)
        top[i] = 0;
    top[0] = (uintptr_t)begin;  // x19
    top[1] = (uintptr_t)c;      // x20
    top[11] = (uintptr_t)start; // x30, where `ret` goes
    c->stack = top;
}
#endif
#endif

// --- what AddressSanitizer is told --------------------------------------------------------------

// On which stack the thread runs, and where the variables are that it keeps elsewhere. One that was
// forgotten leaves its stack poisoned, and the other place to the one that is made in it.
#ifdef COROUTINE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static struct coroutine *left;

static void leaves(struct coroutine *from, struct coroutine *to)
{
    left = from;
    __sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size);
}
static void arrives(struct coroutine *c)
{
    void *fake = c->fake;
    c->fake = NULL;
    __sanitizer_finish_switch_fiber(fake, &left->bottom, &left->size);
}
static void made(struct coroutine *c, void *stack, size_t size)
{
    c->bottom = stack;
    c->size = size;
    __asan_unpoison_memory_region(stack, size);
}
#else
static inline void leaves(struct coroutine *from, struct coroutine *to)
{
    (void)from, (void)to;
}
static inline void arrives(struct coroutine *c)
{
    (void)c;
}
static inline void made(struct coroutine *c, void *stack, size_t size)
{
    (void)c, (void)stack, (void)size;
}
#endif

// --- both ---------------------------------------------------------------------------------------

static void begin(struct coroutine *c)
{
    arrives(c);
    c->entry(c->argument);
    __builtin_trap(); // it never returns
}
void coroutine_make(struct coroutine *c, void *stack, size_t size, void (*entry)(void *argument),
                    void *argument)
{
    made(c, stack, size);
    c->entry = entry;
    c->argument = argument;
    prepare(c, stack, size);
}
void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
    leaves(from, to);
    swap(from, to);
    arrives(from);
}
