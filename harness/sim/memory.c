// SPDX-License-Identifier: MIT
//
// Simulated memory: a heap that only grows while a schedule runs, so that a freed block is never
// another one. What a schedule changes is undone by copying back what set-up had made.
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    BLOCKS_MAX = 1 << 16,
    SPANS_MAX = 256,
    PAGE = 4096,
    RAW = 1 << 16,
    GAP = 32,
    FREED = 0xdb,
    FREED_FILL_MAX = 1024
};

uint8_t sim_granules[SIM_SIZE / 8];

static struct {
    uintptr_t next; // where the next block may begin
    unsigned count;
    struct sim_block block[BLOCKS_MAX];
    // as set-up left them
    uintptr_t kept_next;
    unsigned kept_count;
    unsigned char *kept;
    size_t kept_room;
    struct span {
        size_t offset, size;
    } span[SPANS_MAX]; // what is copied back
    unsigned spans;
    // blocks of set-up that the schedule freed
    unsigned freed[BLOCKS_MAX], freed_count;
    // which of set-up's bytes may be touched, where an allocator says so
    bool poisons;
    uint8_t kept_granules[SIM_HEAP_SIZE / 8];
} heap;

static void open_memory(void)
{
    void *p = mmap((void *)SIM_BASE, SIM_SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != (void *)SIM_BASE) {
        fprintf(stderr,
                "explore: the system does not give %zu bytes at the address %#jx, which simulated "
                "memory must have in every run\n",
                SIM_SIZE, (uintmax_t)SIM_BASE);
        exit(1);
    }
    for (unsigned i = 0; i < SIM_THREADS_MAX; i++) {
        char *stack = (char *)(SIM_BASE + SIM_HEAP_SIZE + i * SIM_STACK_SIZE);
        mprotect(stack, 4096, PROT_NONE);
    }
    memset(sim_granules + SIM_HEAP_SIZE / 8, SIM_GRANULE_USED,
           SIM_THREADS_MAX * SIM_STACK_SIZE / 8);
}

void *sim_stack(unsigned thread)
{
    return (void *)(SIM_BASE + SIM_HEAP_SIZE + thread * SIM_STACK_SIZE);
}

static void mark(uintptr_t address, size_t size, enum sim_granule state)
{
    memset(sim_granules + (address - SIM_BASE) / 8, state, (size + 7) / 8);
}

void sim_memory_empty(void)
{
    static bool opened;
    if (!opened)
        open_memory();
    opened = true;
    if (heap.next > SIM_BASE) {
        mark(SIM_BASE, heap.next - SIM_BASE, SIM_GRANULE_WILD);
        madvise((void *)SIM_BASE, heap.next - SIM_BASE, MADV_DONTNEED); // reads as zeroes again
    }
    heap.next = SIM_BASE + 4096; // so that small numbers are no addresses
    heap.count = 0;
    heap.freed_count = 0;
    heap.poisons = false;
    heap.kept_count = 0;
    heap.kept_next = heap.next;
}

// The part of the heap from offset on is copied back, up to `end`.
static void keep_span(size_t offset, size_t end)
{
    struct span *last = heap.spans > 0 ? &heap.span[heap.spans - 1] : NULL;
    if (last != NULL && (last->offset + last->size == offset || heap.spans == SPANS_MAX))
        last->size = end - last->offset;
    else if (end > offset)
        heap.span[heap.spans++] = (struct span){offset, end - offset};
}
static bool untouched(size_t offset)
{
    const uint64_t *word = (const uint64_t *)(SIM_BASE + offset);
    for (size_t i = 0; i < PAGE / sizeof *word; i++)
        if (word[i] != 0)
            return false;
    return true;
}

// An allocator's region is large and nearly empty. Its pages that set-up did not touch hold nothing
// that anybody may rely on, so they are left as a schedule leaves them.
void sim_memory_keep(void)
{
    size_t size = heap.next - SIM_BASE, from = 0;
    heap.spans = 0;
    for (unsigned i = 0; i < heap.count; i++) {
        const struct sim_block *b = &heap.block[i];
        size_t end = b->address + b->size - SIM_BASE;
        if (b->zeroed || b->size < RAW)
            continue;
        for (size_t page = (b->address - SIM_BASE + PAGE - 1) & ~(size_t)(PAGE - 1);
             page + PAGE <= end; page += PAGE)
            if (untouched(page)) {
                keep_span(from, page);
                from = page + PAGE;
            }
    }
    keep_span(from, size);
    if (size > heap.kept_room) {
        free(heap.kept);
        heap.kept = malloc(size);
        if (heap.kept == NULL) {
            fprintf(stderr, "explore: out of memory for %zu bytes of a scenario\n", size);
            exit(1);
        }
        heap.kept_room = size;
    }
    memcpy(heap.kept, (void *)SIM_BASE, size);
    memcpy(heap.kept_granules, sim_granules, size / 8);
    heap.kept_next = heap.next;
    heap.kept_count = heap.count;
}

void sim_memory_restore(void)
{
    if (heap.next > heap.kept_next)
        mark(heap.kept_next, heap.next - heap.kept_next, SIM_GRANULE_WILD);
    for (unsigned i = 0; i < heap.freed_count; i++) {
        struct sim_block *b = &heap.block[heap.freed[i]];
        b->freed = NULL;
        mark(b->address, b->size, SIM_GRANULE_USED);
    }
    heap.freed_count = 0;
    heap.next = heap.kept_next;
    heap.count = heap.kept_count;
    if (heap.poisons)
        memcpy(sim_granules, heap.kept_granules, (heap.kept_next - SIM_BASE) / 8);
    for (unsigned i = 0; i < heap.spans; i++)
        memcpy((char *)SIM_BASE + heap.span[i].offset, heap.kept + heap.span[i].offset,
               heap.span[i].size);
}

const struct sim_block *sim_block_at(uintptr_t address, unsigned *number)
{
    unsigned low = 0, high = heap.count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (heap.block[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *number = low;
    return low == 0 || address - SIM_BASE >= SIM_HEAP_SIZE ? NULL : &heap.block[low - 1];
}

void *sim_alloc(const struct sim_site *s, size_t alignment, size_t size, bool zeroed)
{
    if (alignment == 0)
        alignment = size % SYNC_LINE == 0 ? SYNC_LINE : 16;
    uintptr_t address = (heap.next + alignment - 1) & ~(uintptr_t)(alignment - 1);
    if (heap.count == BLOCKS_MAX || size > SIM_HEAP_SIZE / 2 ||
        address + size + GAP > SIM_BASE + SIM_HEAP_SIZE)
        sim_fail(SIM_LIVELOCK, "simulated memory is used up: %zu bytes more are asked for", size);
    heap.block[heap.count++] =
        (struct sim_block){.address = address, .size = size, .zeroed = zeroed, .made = s};
    heap.next = (address + size + GAP + 7) & ~(uintptr_t)7;
    mark(address, size, SIM_GRANULE_USED);
    memset((void *)address, zeroed ? 0 : SIM_FRESH, zeroed || size <= FREED_FILL_MAX ? size : 0);
    if (sim.live) {
        sim_mix(size);
        sim_trace(SIM_EVENT_ALLOCATE, s, (void *)address, 0, -1, 0)->after = size;
    }
    return (void *)address;
}

void sim_free(const struct sim_site *s, void *p)
{
    unsigned number;
    if (p == NULL)
        return;
    struct sim_block *b = (struct sim_block *)sim_block_at((uintptr_t)p, &number);
    if (b == NULL || b->address != (uintptr_t)p) {
        sim_trace(SIM_EVENT_FREE, s, p, 0, -1, 0);
        sim_fail(SIM_WILD, "what is freed is no block");
    }
    if (b->freed != NULL) {
        sim_trace(SIM_EVENT_FREE, s, p, 0, -1, 0);
        sim.about = b->address;
        sim_fail(SIM_FREED, "block %u is freed twice, first at %s:%u", number,
                 sim_file(b->freed->file), b->freed->line);
    }
    sim_order_free(s, b->address, b->size);
    b->freed = s;
    if (number <= heap.kept_count)
        heap.freed[heap.freed_count++] = number - 1;
    mark(b->address, b->size, SIM_GRANULE_FREED);
    if (b->size <= FREED_FILL_MAX)
        memset(p, FREED, b->size);
}

// Granules that the bytes share with others are left as they are.
void sim_poison(const struct sim_site *s, void *p, size_t size)
{
    uintptr_t from = ((uintptr_t)p + 7) & ~(uintptr_t)7,
              end = ((uintptr_t)p + size) & ~(uintptr_t)7;
    if (!sim_inside(p) || from >= end)
        return;
    heap.poisons = true;
    sim_order_poison(s, from, end - from);
    mark(from, end - from, SIM_GRANULE_FREED);
}
void sim_unpoison(void *p, size_t size)
{
    if (sim_inside(p))
        mark((uintptr_t)p & ~(uintptr_t)7, size + ((uintptr_t)p & 7), SIM_GRANULE_USED);
}

void sim_memory_fail(const void *site, const volatile void *p)
{
    unsigned number;
    const struct sim_block *b = sim_block_at((uintptr_t)p, &number);
    sim_trace(SIM_EVENT_READ, site, p, 0, -1, 0);
    sim.about = b != NULL ? b->address : 0;
    if (b != NULL && b->freed != NULL && (uintptr_t)p - b->address < b->size)
        sim_fail(SIM_FREED, "block %u is used after it was freed at %s:%u", number,
                 sim_file(b->freed->file), b->freed->line);
    if (b != NULL && sim_granules[((uintptr_t)p - SIM_BASE) / 8] == SIM_GRANULE_FREED)
        sim_fail(SIM_FREED,
                 "what its allocator holds free is used, %zu bytes behind the start of block %u",
                 (size_t)((uintptr_t)p - b->address), number);
    if (b != NULL)
        sim_fail(SIM_WILD, "an access %zu bytes behind the start of block %u, which has %zu",
                 (size_t)((uintptr_t)p - b->address), number, b->size);
    sim_fail(SIM_WILD, "an access outside every block: %p", (void *)(uintptr_t)p);
}

void sim_memory_leaks(void)
{
    unsigned left = 0, first = 0;
    for (unsigned i = heap.count; i-- > 0;)
        if (heap.block[i].freed == NULL) {
            left++;
            first = i;
        }
    if (left == 0)
        return;
    sim.about = heap.block[first].address;
    sim_fail(SIM_LEAK, "%u block%s left; block %u has %zu bytes and was made at %s:%u", left,
             left == 1 ? " is" : "s are", first + 1, heap.block[first].size,
             sim_file(heap.block[first].made->file), heap.block[first].made->line);
}

uintptr_t sim_address(const void *p)
{
    return (uintptr_t)p - SIM_BASE;
}
