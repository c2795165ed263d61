// SPDX-License-Identifier: MIT
#include "build.h"

#include <dlfcn.h>
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

static void path_of(const char *target, char *path)
{
    if (target[0] == '/')
        snprintf(path, BUILD_PATH, "%s", target);
    else
        snprintf(path, BUILD_PATH, "%.4000s/%.500s", build_root(), target);
}

// A directory of make's, and what schemes it knows beside the tree's: the program's own, or one for
// headers that are named by their paths, so that neither rebuilds the other.
struct directory {
    char path[BUILD_PATH], extra[BUILD_PATH];
};
static void own_directory(struct directory *d)
{
    snprintf(d->path, sizeof d->path, "%s", RCLAB_DIRECTORY);
    snprintf(d->extra, sizeof d->extra, "%s", RCLAB_EXTRA);
}
// "build/extra/mine-1a2b3c4d": the name is for people, the number (FNV-1a) tells paths apart.
static void directory_of(const char *headers, struct directory *d)
{
    own_directory(d);
    if (headers[0] == '\0')
        return;
    uint32_t hash = 0x811c9dc5;
    for (const char *c = headers; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 0x01000193;
    const char *name = strrchr(headers, '/') + 1;
    snprintf(d->path, sizeof d->path, "%s/extra/%.*s-%08x", RCLAB_DIRECTORY,
             (int)strcspn(name, "."), name, hash);
    snprintf(d->extra, sizeof d->extra, "%s %.4000s", headers, RCLAB_EXTRA);
    // here and not by make, which is started with a lock that lies in there
    char path[BUILD_PATH];
    path_of(RCLAB_DIRECTORY "/extra", path);
    mkdir(path, 0777);
    path_of(d->path, path);
    mkdir(path, 0777);
}

// Below the root: "build/cells/..." or "build/asan/cells/...".
static void cell_target(const struct spec *s, bool census, unsigned layout, char *target)
{
    char cell[SPEC_TEXT];
    const char *named = census ? "census" : RCLAB_BUILD;
    bool release = strcmp(named, "release") == 0;
    spec_cell(s, cell);
    int n = snprintf(target, BUILD_PATH, "%s%s%s/cells/%s/%s", RCLAB_DIRECTORY, release ? "" : "/",
                     release ? "" : named, s->workload->name, cell);
    if (layout > 0 && n < BUILD_PATH)
        snprintf(target + n, BUILD_PATH - (size_t)n, "@%u", layout);
}

void build_path(const struct spec *s, bool census, unsigned layout, char *path)
{
    char target[BUILD_PATH];
    cell_target(s, census, layout, target);
    path_of(target, path);
}

// One build at a time in a directory. The lock belongs to make and all that it starts: the
// compilers that a killed sweep leaves behind, and that write the same files, hold it until they
// are done. -1: no lock; make will say what is wrong with the directory.
static int lock_build(const struct directory *d)
{
    char lock[BUILD_PATH + 8], path[BUILD_PATH];
    snprintf(lock, sizeof lock, "%s/lock", d->path);
    path_of(lock, path);
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    return fd;
}

// A makefile that asks for targets, in memory: a plan's are more than a command line may hold.
// NULL: the system has none.
static FILE *want(void)
{
    int fd = memfd_create("wanted", MFD_CLOEXEC);
    FILE *wanted = fd < 0 ? NULL : fdopen(fd, "w");
    if (wanted != NULL)
        fputs(".PHONY: wanted\nwanted:", wanted);
    else if (fd >= 0)
        close(fd);
    return wanted;
}

// `ask`: only finds out whether all that is wanted is there.
static bool run_make(FILE *wanted, const struct directory *d, bool ask)
{
    char jobs[32], directory[BUILD_PATH + 8], extra[BUILD_PATH + 8];
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    snprintf(directory, sizeof directory, "BUILD=%s", d->path);
    snprintf(extra, sizeof extra, "EXTRA=%s", d->extra);
    const char *argv[] = {"make",
                          "-k",
                          "--no-print-directory",
                          ask ? "-q" : jobs,
                          "-C",
                          build_root(),
                          "-fMakefile",
                          "-f/dev/stdin", // not "-", which make copies, and would read once only
                          directory,
                          "CC=" RCLAB_COMPILER,
                          extra,
                          "wanted",
                          NULL};
    int lock = lock_build(d);
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

// Makes what is wanted, and closes that; `what` for messages.
static bool make_wanted(FILE *wanted, const struct directory *d, const char *what, struct error *e)
{
    bool ok = wanted != NULL && fflush(wanted) == 0;
    if (!ok) {
        error_set(e, "cannot list what to build: %s", strerror(errno));
    } else if (!run_make(wanted, d, true)) {
        fprintf(stderr, "rclab: building %s\n", what);
        ok = run_make(wanted, d, false);
        if (!ok)
            error_set(e, "make could not build %s; its messages are above", what);
    }
    if (wanted != NULL)
        fclose(wanted);
    return ok;
}

bool build_cells(const struct spec *const *s, size_t n, bool census, unsigned layouts,
                 struct error *e)
{
    char target[BUILD_PATH], what[BUILD_PATH + 64];
    struct directory own;
    FILE *wanted = want();
    for (size_t i = 0; wanted != NULL && i < n; i++)
        for (unsigned layout = 0; layout < layouts; layout++) {
            cell_target(s[i], census, layout, target);
            fprintf(wanted, " \\\n%s", target);
        }
    if (n == 1)
        cell_target(s[0], census, 0, target);
    else
        snprintf(target, sizeof target, "some cells (of %zu in the plan)", n);
    snprintf(what, sizeof what, layouts > 1 ? "%s in %u layouts" : "%s", target, layouts);
    own_directory(&own);
    return make_wanted(wanted, &own, what, e);
}

// Makes a single target and answers where it is.
static bool build_one(const struct directory *d, const char *target, char *path, struct error *e)
{
    FILE *wanted = want();
    if (wanted != NULL)
        fprintf(wanted, " %s", target);
    path_of(target, path);
    return make_wanted(wanted, d, target, e);
}

bool build_explorer(const struct spec *s, const char *face, const char *headers, char *path,
                    struct error *e)
{
    struct directory d;
    char pair[SPEC_TEXT], target[BUILD_PATH];
    directory_of(headers, &d);
    spec_pair(s, pair);
    snprintf(target, sizeof target, "%.4000s/explore/%s/%.500s", d.path, face, pair);
    return build_one(&d, target, path, e);
}

const struct scheme *build_scheme(const char *header, const char *name, struct error *e)
{
    struct directory d;
    char target[BUILD_PATH], path[BUILD_PATH];
    directory_of(header, &d);
    snprintf(target, sizeof target, "%.4000s/catalogue/%.255s.so", d.path, name);
    if (!build_one(&d, target, path, e))
        return NULL;
    void *unit = dlopen(path, RTLD_NOW);
    const struct scheme *s = unit != NULL ? dlsym(unit, CATALOGUE_ALONE) : NULL;
    if (s == NULL)
        error_set(e, "cannot load %s: %s", path, dlerror());
    return s;
}
