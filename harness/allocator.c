// SPDX-License-Identifier: MIT
#include "allocator.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct allocator allocators[] = {
    {"glibc", "the C library's own malloc", "W. Gloger's ptmalloc, glibc", NULL, "libc6"},
    {"jemalloc", "arenas and thread caches", "J. Evans, BSDCan 2006", "libjemalloc.so.2",
     "libjemalloc2"},
    {"mimalloc", "free lists sharded by page", "Leijen, Zorn, de Moura, ISMM 2019",
     "libmimalloc.so.2", "libmimalloc2.0"},
    {"tcmalloc", "thread caches over central lists", "S. Ghemawat, P. Menage, 2005",
     "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"},
};

const struct allocator *allocator_all(size_t *count)
{
    *count = sizeof allocators / sizeof allocators[0];
    return allocators;
}

const struct allocator *allocator_find(const char *name)
{
    for (size_t i = 0; i < sizeof allocators / sizeof allocators[0]; i++)
        if (strcmp(allocators[i].name, name) == 0)
            return &allocators[i];
    return NULL;
}

// In a process of its own: jemalloc cannot be loaded late (its thread-local block is static), but
// it can be preloaded, and the loader says on stderr when it cannot.
bool allocator_present(const struct allocator *a)
{
    if (a->library == NULL)
        return true;
    int said[2];
    if (pipe(said) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        char preload[128];
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", a->library);
        char *const environment[] = {preload, NULL};
        dup2(said[1], 2);
        close(said[0]);
        close(said[1]);
        execle("/bin/true", "true", (char *)NULL, environment);
        _exit(127);
    }
    close(said[1]);
    char byte;
    bool silent = child > 0 && TEMP_FAILURE_RETRY(read(said[0], &byte, 1)) == 0;
    close(said[0]);
    int status = -1;
    if (child > 0)
        TEMP_FAILURE_RETRY(waitpid(child, &status, 0));
    return silent && status == 0;
}
