// SPDX-License-Identifier: MIT
#include "programs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>

#include "build.h"

enum { PROGRAMS_MOST = 1024, LINE_TEXT = 400 };

// --- what there is ----------------------------------------------------------------------------

// The first words behind a '#' or in a docstring that are no licence's.
static const char *summary_of(const char *path)
{
    char line[LINE_TEXT], *text = "";
    FILE *f = fopen(path, "r");
    while (f != NULL && text[0] == '\0' && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        text = line + strspn(line, "#\"' ");
        if (strncmp(text, "SPDX", 4) == 0 || text[0] == '!')
            text = "";
    }
    if (f != NULL)
        fclose(f);
    return strdup(text[0] != '\0' ? text : "it says nothing of itself");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct program *)a)->name, ((const struct program *)b)->name);
}

struct program *program_all(size_t *count)
{
    static struct program all[PROGRAMS_MOST];
    static size_t n;
    static bool read;
    char directory[PATH_MAX + 64], *path;
    snprintf(directory, sizeof directory, "%s/workloads/interp/programs", build_root());
    DIR *d = read ? NULL : opendir(directory);
    for (struct dirent *entry; d != NULL && n < PROGRAMS_MOST && (entry = readdir(d)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length < 4 || strcmp(entry->d_name + length - 3, ".py") != 0)
            continue;
        if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0)
            break;
        all[n++] = (struct program){.name = strndup(entry->d_name, length - 3),
                                    .summary = summary_of(path),
                                    .path = path,
                                    .bytecode = -1};
    }
    if (d != NULL)
        closedir(d);
    if (!read)
        qsort(all, n, sizeof all[0], by_name);
    read = true;
    *count = n;
    return all;
}

struct program *program_find(const char *name)
{
    size_t n;
    struct program *all = program_all(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    return NULL;
}

struct program *program_file(const char *path, struct error *e)
{
    struct stat st;
    bool there = stat(path, &st) == 0 && access(path, R_OK) == 0;
    if (!there || !S_ISREG(st.st_mode))
        return error_set(e,
                         "no program '%s': %s; what is needed is a Python file that defines "
                         "bench(n), or --program and a name that `rclab list program` tells",
                         path,
                         !there                ? strerror(errno)
                         : S_ISDIR(st.st_mode) ? "it is a directory"
                                               : "it is no regular file"),
               NULL;
    const char *slash = strrchr(path, '/');
    struct program *p = malloc(sizeof *p);
    char *name = strndup(slash != NULL ? slash + 1 : path, PROGRAM_TEXT - 1);
    // a dash would begin an option
    const char *dots = path[0] == '-' ? "./" : "";
    char *full = NULL;
    if (p == NULL || name == NULL || asprintf(&full, "%s%s", dots, path) < 0)
        return error_set(e, "out of memory"), NULL;
    for (char *c = name; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    *p = (struct program){.name = name, .summary = "a file", .path = full, .bytecode = -1};
    return p;
}

// --- compiling --------------------------------------------------------------------------------

static bool run_compiler(const struct program *p, const char *out, struct error *e)
{
    char compiler[PATH_MAX + 64];
    snprintf(compiler, sizeof compiler, "%s/scripts/compile_program.py", build_root());
    const char *argv[] = {compiler, "-o", out, p->path, NULL};
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(2, 1); // stdout belongs to results
        execv(compiler, (char **)argv);
        fprintf(stderr, "rclab: %s: %s\n", compiler, strerror(errno));
        _exit(127);
    }
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return (child > 0 && status == 0) ||
           error_set(e, "%s could not be compiled to bytecode%s", p->path,
                     child < 0 ? ": no process for it" : "; why is said above");
}

bool program_compile(struct program *p, struct error *e)
{
    const char *temporary = getenv("TMPDIR");
    char directory[PATH_MAX], out[PATH_MAX + 16];
    if (p->bytecode >= 0)
        return true;
    snprintf(directory, sizeof directory, "%.4000s/rclab-XXXXXX",
             temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(directory) == NULL)
        return error_set(e, "%s: %s; TMPDIR says where temporary files are to be", directory,
                         strerror(errno));
    snprintf(out, sizeof out, "%s/bytecode", directory);
    bool ok = run_compiler(p, out, e);
    if (ok && (p->bytecode = open(out, O_RDONLY | O_CLOEXEC)) < 0)
        ok = error_set(e, "%s: the compiler ended well, but %s", p->path, strerror(errno));
    unlink(out);
    rmdir(directory);
    return ok;
}
