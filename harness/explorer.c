// SPDX-License-Identifier: MIT
#include "explorer.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../strategies/pair.h"
#include "build.h"

static const char *const option_name[SCHEME_KINDS] = {"rc", "lock", "reclaimer", "alloc"};
// A key is the kind and this.
enum { KEY_SCHEME = 512 };
static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "A scheme S is a NAME, KIND/NAME, or the path of a header:", 0},
    {"rc", KEY_SCHEME + REFCOUNT, "S", 0, "Refcount scheme (atomic)", 0},
    {"lock", KEY_SCHEME + LOCK, "S", 0,
     "Lock scheme (pthread; gil where threads must exclude each other)", 0},
    {"reclaimer", KEY_SCHEME + RECLAIM, "S", 0, "Reclaimer (what the schemes go with)", 0},
    {"alloc", KEY_SCHEME + ALLOC, "S", 0, "Object allocator (what the schemes go with)", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct explorer_options *o = state->input;
    if (key < KEY_SCHEME || key >= KEY_SCHEME + SCHEME_KINDS)
        return ARGP_ERR_UNKNOWN;
    o->scheme[key - KEY_SCHEME] = value;
    return 0;
}
static const struct argp argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
const struct argp_child explorer_children[] = {{&argp, 0, NULL, 0}, {0}};

bool explorer_named(const struct explorer_options *o)
{
    for (int kind = 0; kind < SCHEME_KINDS; kind++)
        if (o->scheme[kind] != NULL)
            return true;
    return false;
}

// "mine" of "/home/me/mine.h", which make and the compiler take both.
static bool header_name(const char *path, char *name, size_t size, struct error *e)
{
    snprintf(name, size, "%s", strrchr(path, '/') + 1);
    name[strlen(name) - strlen(".h")] = '\0';
    for (const char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return error_set(e, "%s: a scheme's name has letters, digits and _ only", path);
    for (const char *c = path; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("/._-+,@", *c) == NULL)
            return error_set(e, "%s: make takes no path with '%c'; move the header", path, *c);
    return true;
}

static bool choose_header(struct explorer *x, enum scheme_kind kind, const char *text,
                          struct error *e)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    if (realpath(text, path) == NULL)
        return error_set(e, "%s: %s", text, strerror(errno));
    if (!header_name(path, name, sizeof name, e))
        return false;
    const struct scheme *s = build_scheme(path, name, e);
    if (s == NULL)
        return false;
    if (s->kind != kind)
        return error_set(e, "--%s: %s is a %s scheme", option_name[kind], text,
                         catalogue_kind(s->kind));
    size_t n = strlen(x->headers);
    snprintf(x->headers + n, sizeof x->headers - n, "%s%s", n != 0 ? " " : "", path);
    x->spec.scheme[kind] = s;
    return true;
}

static bool choose(struct explorer *x, enum scheme_kind kind, const char *text, struct error *e)
{
    size_t n = strlen(x->pair), end = strlen(text), prefix = strlen(catalogue_kind(kind));
    snprintf(x->pair + n, sizeof x->pair - n, " --%s %s", option_name[kind], text);
    if (end > 2 && strcmp(text + end - 2, ".h") == 0)
        return choose_header(x, kind, text, e);
    bool qualified = strncmp(text, catalogue_kind(kind), prefix) == 0 && text[prefix] == '/';
    return spec_scheme(&x->spec, kind, qualified ? text + prefix + 1 : text, e);
}

bool explorer_choose(struct explorer *x, const struct explorer_options *o, struct error *e)
{
    // a scenario says itself what it asks of schemes; all of them ask for threads that see the same
    // objects, and are omitted where heaps are isolated
    static const struct param no_params[] = {{0}};
    static const struct workload scenarios = {.name = "exploring", .params = no_params};
    *x = (struct explorer){.headers = "", .pair = ""};
    spec_start(&x->spec, &scenarios);
    x->spec.threads = 2;
    for (int kind = 0; kind < SCHEME_KINDS; kind++) {
        const char *text = o->scheme[kind];
        if (text == NULL && kind == REFCOUNT)
            text = "atomic";
        if (text != NULL && !choose(x, (enum scheme_kind)kind, text, e))
            return false;
    }
    const struct scheme *rc = x->spec.scheme[REFCOUNT], *al = x->spec.scheme[ALLOC];
    bool alone =
        !PAIR_HAS(rc->traits, RC_SHARED) || (al != NULL && PAIR_HAS(al->traits, AL_UNLOCKED));
    if (o->scheme[LOCK] == NULL && !choose(x, LOCK, alone ? "gil" : "pthread", e))
        return false;
    return spec_complete(&x->spec, e) && spec_seen(&x->spec, "the explorer", e);
}

void explorer_become(const struct explorer *x, const char *face, char **argv, struct error *e)
{
    char path[BUILD_PATH];
    if (!build_explorer(&x->spec, face, x->headers, path, e))
        return;
    argv[0] = program_invocation_name; // it speaks to the user as rclab
    fflush(stdout);
    // sources, of which it shows lines, are named as make compiled them
    if (chdir(build_root()) == 0)
        execv(path, argv);
    error_set(e, "cannot run %s: %s", path, strerror(errno));
}
