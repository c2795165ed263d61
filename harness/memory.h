// SPDX-License-Identifier: MIT
//
// On which NUMA node a process finds its memory: the policy that `rclab` asked for, set before the
// first thread starts, and a look at where pages really came from. Linux only (set_mempolicy(2),
// move_pages(2)); no library, as the measured process discovers nothing.
#ifndef MEMORY_H
#define MEMORY_H

#include <linux/mempolicy.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MEMORY_NODES_MOST = 1024 };

struct memory_policy {
    int mode; // MPOL_LOCAL: each page where it is touched first; MPOL_BIND; MPOL_INTERLEAVE
    unsigned long nodes[MEMORY_NODES_MOST / (8 * sizeof(unsigned long))];
};

static inline void memory_add_node(struct memory_policy *p, unsigned node)
{
    p->nodes[node / (8 * sizeof p->nodes[0])] |= 1ul << node % (8 * sizeof p->nodes[0]);
}

// For the calling thread and all that it starts. False, with errno.
static inline bool memory_set(const struct memory_policy *p)
{
    bool local = p->mode == MPOL_LOCAL;
    // the kernel takes one bit less than it is told of
    return syscall(SYS_set_mempolicy, p->mode, local ? NULL : p->nodes,
                   local ? 0ul : MEMORY_NODES_MOST + 1ul) == 0;
}

// The nodes of n <= MEMORY_PAGES new pages that the calling thread touches first, in the order of
// their addresses: node[i] is below 0 where the kernel does not tell.
enum { MEMORY_PAGES = 16 };
static inline void memory_probe(int *node, unsigned n)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page[MEMORY_PAGES];
    for (unsigned i = 0; i < n; i++)
        node[i] = -1;
    char *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return;
    madvise(p, n * size, MADV_NOHUGEPAGE); // a huge page would be one place for all; may fail
    for (unsigned i = 0; i < n; i++) {
        p[i * size] = 1;
        page[i] = p + i * size;
    }
    if (syscall(SYS_move_pages, 0, (unsigned long)n, page, NULL, node, 0) != 0)
        for (unsigned i = 0; i < n; i++)
            node[i] = -1;
    munmap(p, n * size);
}

#endif
