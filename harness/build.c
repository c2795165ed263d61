// SPDX-License-Identifier: MIT
#include "build.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool is_root(const char *directory)
{
    char probe[PATH_MAX + 32];
    snprintf(probe, sizeof probe, "%s/strategies/cell.h", directory);
    return access(probe, R_OK) == 0;
}

const char *build_root(void)
{
    static char root[PATH_MAX];
    if (root[0] != '\0')
        return root;
    ssize_t n = readlink("/proc/self/exe", root, sizeof root - 1);
    root[n > 0 ? n : 0] = '\0';
    for (char *slash; (slash = strrchr(root, '/')) != NULL;) {
        *slash = '\0';
        if (is_root(root))
            return root;
    }
    snprintf(root, sizeof root, "%s", RCLAB_ROOT); // built into a directory elsewhere
    if (is_root(root))
        return root;
    fprintf(stderr,
            "rclab: the source tree is neither above the program nor in %s, where it was "
            "built\n",
            RCLAB_ROOT);
    exit(2);
}

// Below the root: "build/cells/..." or "build/asan/cells/...".
static void cell_target(const struct spec *s, bool census, unsigned layout, char *target)
{
    char pair[SPEC_TEXT];
    const char *named = census ? "census" : RCLAB_BUILD;
    bool release = strcmp(named, "release") == 0;
    spec_pair(s, pair);
    int n = snprintf(target, BUILD_PATH, "%s%s%s/cells/%s/%s", RCLAB_DIRECTORY, release ? "" : "/",
                     release ? "" : named, s->workload->name, pair);
    if (layout > 0 && n < BUILD_PATH)
        snprintf(target + n, BUILD_PATH - (size_t)n, "@%u", layout);
}

void build_path(const struct spec *s, bool census, unsigned layout, char *path)
{
    char target[BUILD_PATH];
    cell_target(s, census, layout, target);
    if (target[0] == '/')
        snprintf(path, BUILD_PATH, "%s", target);
    else
        snprintf(path, BUILD_PATH, "%.4000s/%.500s", build_root(), target);
}

// One build at a time in a tree. The lock belongs to make and all that it starts: the compilers
// that a killed sweep leaves behind, and that write the same files, hold it until they are done.
// -1: no lock; make will say what is wrong with the directory.
static int lock_build(void)
{
    char path[BUILD_PATH];
    bool absolute = RCLAB_DIRECTORY[0] == '/';
    snprintf(path, sizeof path, "%s%s" RCLAB_DIRECTORY "/lock", absolute ? "" : build_root(),
             absolute ? "" : "/");
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    return fd;
}

// A makefile that asks for all these targets, in memory: a plan's are more than a command line may
// hold. NULL: the system has none.
static FILE *want(const struct spec *const *s, size_t n, bool census, unsigned layouts)
{
    int fd = memfd_create("wanted", MFD_CLOEXEC);
    FILE *wanted = fd < 0 ? NULL : fdopen(fd, "w");
    if (wanted == NULL) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    fputs(".PHONY: wanted\nwanted:", wanted);
    for (size_t i = 0; i < n; i++)
        for (unsigned layout = 0; layout < layouts; layout++) {
            char target[BUILD_PATH];
            cell_target(s[i], census, layout, target);
            fprintf(wanted, " \\\n%s", target);
        }
    if (fflush(wanted) != 0) {
        fclose(wanted);
        return NULL;
    }
    return wanted;
}

// `ask`: only finds out whether all that is wanted is there.
static bool run_make(FILE *wanted, bool ask)
{
    char jobs[32];
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    const char *argv[] = {"make",
                          "-k",
                          "--no-print-directory",
                          ask ? "-q" : jobs,
                          "-C",
                          build_root(),
                          "-fMakefile",
                          "-f/dev/stdin", // not "-", which make copies, and would read once only
                          "BUILD=" RCLAB_DIRECTORY,
                          "CC=" RCLAB_COMPILER,
                          "EXTRA=" RCLAB_EXTRA,
                          "wanted",
                          NULL};
    int lock = lock_build();
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        // a make above this one would hand its own options and jobs down
        unsetenv("MAKEFLAGS");
        unsetenv("MAKELEVEL");
        unsetenv("MFLAGS");
        dup2(fileno(wanted), 0);
        dup2(2, 1); // stdout belongs to results
        execvp(argv[0], (char **)argv);
        perror("rclab: make");
        _exit(127);
    }
    int status = -1;
    if (child > 0)
        waitpid(child, &status, 0);
    if (lock >= 0)
        close(lock);
    return child > 0 && status == 0;
}

bool build_cells(const struct spec *const *s, size_t n, bool census, unsigned layouts,
                 struct error *e)
{
    FILE *wanted = want(s, n, census, layouts);
    if (wanted == NULL)
        return error_set(e, "cannot list %zu cells to build: %s", n, strerror(errno));
    bool ok = run_make(wanted, true);
    if (!ok) {
        char what[BUILD_PATH], each[64] = "";
        if (n == 1)
            cell_target(s[0], census, 0, what);
        else
            snprintf(what, sizeof what, "cells (%zu in the plan)", n);
        if (layouts > 1)
            snprintf(each, sizeof each, " in %u layouts", layouts);
        fprintf(stderr, "rclab: building %s%s\n", what, each);
        ok = run_make(wanted, false);
        if (!ok)
            error_set(e, "make could not build %s; its messages are above",
                      n == 1 ? what : "some cells");
    }
    fclose(wanted);
    return ok;
}
