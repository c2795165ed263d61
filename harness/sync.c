// SPDX-License-Identifier: MIT
#include "sync.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

_Thread_local struct sync_here sync_here;

#ifdef SYNC_TSAN
_Atomic(uint32_t) sync_fence_word;
#endif

void sync_fail(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, text);
    abort();
}

// --- background threads ---

static struct {
    pthread_mutex_t lock;
    uint64_t ended_ns; // processor time of those that have ended
    unsigned running;
    pthread_t thread[16];
} background = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t cpu_ns(pthread_t thread)
{
    struct timespec now = {0};
    clockid_t clock;
    if (pthread_getcpuclockid(thread, &clock) == 0)
        clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *background_run(void *argument)
{
    sync_thread *s = argument;
    pthread_t self = pthread_self();
    pthread_mutex_lock(&background.lock);
    sync_check(background.running < sizeof background.thread / sizeof background.thread[0],
               "more background threads than are counted");
    background.thread[background.running++] = self;
    pthread_mutex_unlock(&background.lock);
    s->run(s->argument);
    pthread_mutex_lock(&background.lock);
    for (unsigned i = 0; i < background.running; i++)
        if (pthread_equal(background.thread[i], self)) {
            background.thread[i] = background.thread[--background.running];
            break;
        }
    background.ended_ns += cpu_ns(self);
    pthread_mutex_unlock(&background.lock);
    return NULL;
}

void sync_thread_start(sync_thread *s, void (*run)(void *), void *argument)
{
    cpu_set_t cpus[4]; // as many as the runner knows (CPUS_MOST)
    pthread_attr_t attributes;
    s->run = run;
    s->argument = argument;
    pthread_attr_init(&attributes);
    // the main thread is bound by nobody: where it may run, the process may
    if (sched_getaffinity(getpid(), sizeof cpus, cpus) == 0)
        pthread_attr_setaffinity_np(&attributes, sizeof cpus, cpus);
    sync_check(pthread_create(&s->native, &attributes, background_run, s) == 0,
               "a background thread cannot be started");
    pthread_attr_destroy(&attributes);
}

void sync_thread_join(sync_thread *s)
{
    pthread_join(s->native, NULL);
}

uint64_t sync_background_ns(void)
{
    pthread_mutex_lock(&background.lock);
    uint64_t ns = background.ended_ns;
    for (unsigned i = 0; i < background.running; i++)
        ns += cpu_ns(background.thread[i]);
    pthread_mutex_unlock(&background.lock);
    return ns;
}

unsigned sync_background_threads(cpu_set_t *cpus, size_t size)
{
    cpu_set_t one[4];
    CPU_ZERO_S(size, cpus);
    pthread_mutex_lock(&background.lock);
    unsigned n = background.running;
    for (unsigned i = 0; i < n; i++) {
        if (pthread_getaffinity_np(background.thread[i], sizeof one, one) != 0)
            CPU_ZERO_S(sizeof one, one);
        if (i == 0)
            CPU_OR_S(size < sizeof one ? size : sizeof one, cpus, cpus, one);
        else
            CPU_AND_S(size < sizeof one ? size : sizeof one, cpus, cpus, one);
    }
    pthread_mutex_unlock(&background.lock);
    return n;
}

void *sync_alloc(size_t size)
{
    size_t whole = (size + SYNC_LINE - 1) / SYNC_LINE * SYNC_LINE;
    void *p = aligned_alloc(SYNC_LINE, whole);
    sync_check(p != NULL, "out of memory: use fewer threads or smaller parameters");
    return memset(p, 0, whole);
}

#ifndef SYNC_CENSUS
void *sync_heap_aligned(size_t alignment, size_t size)
{
    void *p = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    return p != NULL ? p : sync_heap_out(size);
}

void *sync_heap_out(size_t size)
{
    char text[120];
    snprintf(text, sizeof text,
             "out of memory for an object of %zu bytes: use fewer operations or smaller parameters",
             size);
    sync_fail(__FILE__, __LINE__, text);
}
#else
// The census knows an object's line by its address: one reserved range, cut into power-of-two
// blocks that are handed out again by size. Slow and simple; nothing is timed in this face.
uintptr_t sync_heap_low, sync_heap_high;

enum { CLASSES = 48, HEAP_BITS = 36 };
static pthread_mutex_t heap_lock = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t heap_next;
static struct block {
    struct block *next;
} * heap_given_back[CLASSES];

__attribute__((constructor)) static void heap_reserve(void)
{
    void *p = mmap(NULL, (size_t)1 << HEAP_BITS, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    sync_check(p != MAP_FAILED, "no address space for the census heap");
    sync_heap_low = heap_next = (uintptr_t)p;
    sync_heap_high = sync_heap_low + ((uintptr_t)1 << HEAP_BITS);
}

// Before what is handed out stands a line that says which block it lies in, so that a block of 64
// bytes is a line.
struct place {
    struct block *block;
    unsigned class;
};
static struct place *place_of(void *p)
{
    return (struct place *)((char *)p - SYNC_LINE);
}

void *sync_heap_alloc(size_t size)
{
    unsigned class = 6;
    while (((size_t)1 << class) < size)
        class ++;
    pthread_mutex_lock(&heap_lock);
    struct block *b = heap_given_back[class];
    if (b != NULL) {
        heap_given_back[class] = b->next;
    } else {
        sync_check(heap_next + SYNC_LINE + ((uintptr_t)1 << class) <= sync_heap_high,
                   "the census heap is used up: use fewer operations");
        b = (struct block *)(heap_next + SYNC_LINE);
        heap_next += SYNC_LINE + ((uintptr_t)1 << class);
    }
    pthread_mutex_unlock(&heap_lock);
    *place_of(b) = (struct place){b, class};
    return b;
}

void *sync_heap_aligned(size_t alignment, size_t size)
{
    char *b = sync_heap_alloc(size + alignment);
    struct place place = *place_of(b);
    void *p = b + (-(uintptr_t)b & (alignment - 1));
    *place_of(p) = place;
    return p;
}

void sync_heap_free(void *p)
{
    if (p == NULL)
        return;
    struct block *b = place_of(p)->block;
    unsigned class = place_of(p)->class;
    pthread_mutex_lock(&heap_lock);
    b->next = heap_given_back[class];
    heap_given_back[class] = b;
    pthread_mutex_unlock(&heap_lock);
}
#endif
