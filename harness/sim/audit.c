// SPDX-License-Identifier: MIT
//
// The order audit: which of a scheme's declared memory orders are needed? They are weakened one at
// a time, and the explorer looks for a schedule that fails. An order has up to three strengths,
// each of which is taken away alone:
//     total     of seq_cst: acq_rel is left (acquire of a load, release of a store)
//     acquire   of acquire, acq_rel and seq_cst: what is left is release at most
//     release   of release, acq_rel and seq_cst: what is left is acquire at most
// A strength is *needed* when a schedule fails without it, and *not shown to be needed* when none
// was found: there may be one all the same, in a scenario that nobody wrote, or by what the model
// leaves out (order.c). An order that no scenario comes to is *not reached*.
//
// All weakenings get the same seeds in rounds that grow, and the program as it is goes along in
// each round: it must not fail. What is found needed drops out, the rest gets all the time that is
// left.
//
// Reasons. A comment states why an order is needed by a clause that begins with the order's name
// and ends with a colon: "acquire: pairs with ...", "Release in the stores, acquire in the loads:
// ...", "Acquire on failure: ..." (of a compare-exchange's second order). The names before the
// colon say what it speaks of: acq_rel of acquire and release, seq_cst of these too, unless another
// clause of that comment names them alone. It stands beside the statement or directly above it,
// else above the function, else in the file's head. A reason that begins with the words "not
// needed" says that the order is stronger than the scheme needs it, and is contradicted by a
// schedule that fails without; all others claim a need.
#include "explore.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

extern struct sim_site *const site_first[] __asm__("__start_sim_sites");
extern struct sim_site *const site_end[] __asm__("__stop_sim_sites");

// Schedules of each scenario in the first round, and in one that does not grow any more.
enum { SCHEDULES_FIRST = 512, SCHEDULES_MOST = 16384 };

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

static void *again(void *p, size_t n, size_t size)
{
    p = realloc(p, (n + 1) * size);
    if (p == NULL) {
        fputs("audit: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

// --- sources ------------------------------------------------------------------------------------

// The headers of the scheme: its own, and all that these include but the harness's.
struct source {
    char *path;  // without links and dots
    char **line; // from 1
    unsigned lines;
};
static struct source *sources;
static unsigned sources_count;

static struct source *source_of(const char *path)
{
    char whole[PATH_MAX];
    if (realpath(path, whole) == NULL)
        return NULL;
    for (unsigned i = 0; i < sources_count; i++)
        if (strcmp(sources[i].path, whole) == 0)
            return &sources[i];
    return NULL;
}
static bool read_source(const char *path)
{
    char whole[PATH_MAX], beside[PATH_MAX], name[256];
    if (realpath(path, whole) == NULL)
        return false;
    if (source_of(whole) != NULL)
        return true;
    FILE *f = fopen(whole, "r");
    if (f == NULL)
        return false;
    sources = again(sources, sources_count + 1, sizeof *sources);
    struct source *s = &sources[sources_count++];
    *s = (struct source){.path = strdup(whole), .line = NULL};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, f) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        s->line = again(s->line, ++s->lines, sizeof *s->line);
        s->line[s->lines] = strdup(line);
    }
    free(line);
    fclose(f);
    unsigned me = sources_count - 1;
    for (unsigned i = 1; i <= sources[me].lines; i++)
        if (sscanf(sources[me].line[i], "#include \"%255[^\"]\"", name) == 1 &&
            strstr(name, "harness/") == NULL) {
            const char *path_of_me = sources[me].path;
            snprintf(beside, sizeof beside, "%.*s%s", (int)(basename(path_of_me) - path_of_me),
                     path_of_me, name);
            if (!read_source(beside)) {
                snprintf(beside, sizeof beside, "strategies/%s", name);
                read_source(beside);
            }
        }
    return true;
}

// A function begins with the last line before its own that begins in the first column.
static unsigned function_begins(const struct source *s, unsigned line)
{
    while (line > 1 && !isalpha((unsigned char)s->line[line][0]))
        line--;
    return line;
}
// Its name, and how long that is: before the first parenthesis that is no attribute's.
static const char *function_name(const struct source *s, unsigned begin, size_t *n)
{
    const char *text = s->line[begin], *attribute = strstr(text, "))");
    if (strstr(text, "__attribute__((") != NULL && attribute != NULL)
        text = attribute + 2;
    const char *end = text + strcspn(text, "(");
    for (*n = 0; end > text && strchr(WORD "0123456789", end[-1]) != NULL; end--)
        ++*n;
    return end;
}

// --- weakenings ---------------------------------------------------------------------------------

static const char no_call[] = "(no call)"; // instead of what an order's access does

// One strength of one order. The sites of one source line (files by their names without
// directories) that have it are weakened together: each translation unit has its own.
struct weakening {
    struct sim_site *site; // one of them
    unsigned which;        // 1: the order of a compare-exchange's failure
    unsigned strength;     // enum sim_strength
    char *place;           // FILE:FUNCTION:STRENGTH, as --weaken takes it
    bool *reached;         // by each scenario
    // the reason that is stated; NULL: none
    char *reason;
    bool unneeded; // it says that the order is not needed
    // what was found
    uint64_t schedules;
    const struct sim_scenario *scenario; // that fails without; NULL: none does
    struct sim_policy policy;
    enum sim_failure failure;
};

static const char *strength_name(unsigned strength)
{
    return strength == SIM_TOTAL ? "total" : strength == SIM_ACQUIRE ? "acquire" : "release";
}
static unsigned strengths(const struct sim_site *s, unsigned which)
{
    unsigned possible = SIM_TOTAL;
    if (which == 1 || strcmp(s->what, "store") != 0)
        possible |= SIM_ACQUIRE;
    if (which == 0 && strcmp(s->what, "load") != 0)
        possible |= SIM_RELEASE;
    static const struct {
        const char *order;
        unsigned strengths;
    } of[] = {{"memory_order_seq_cst", SIM_TOTAL | SIM_ACQUIRE | SIM_RELEASE},
              {"memory_order_acq_rel", SIM_ACQUIRE | SIM_RELEASE},
              {"memory_order_acquire", SIM_ACQUIRE},
              {"memory_order_consume", SIM_ACQUIRE},
              {"memory_order_release", SIM_RELEASE}};
    for (unsigned i = 0; i < sizeof of / sizeof of[0]; i++)
        if (strcmp(s->order[which], of[i].order) == 0)
            return of[i].strengths & possible;
    return 0;
}

// Weakens every order of that line which has this strength, or (strength 0) none any more.
static unsigned weaken(const char *file, unsigned line, unsigned which, unsigned strength)
{
    unsigned n = 0;
    for (struct sim_site *const *i = site_first; i < site_end; i++) {
        struct sim_site *s = *i;
        s->weaken[0] = s->weaken[1] = 0;
        if (s->line == line && (strengths(s, which) & strength) != 0 &&
            strcmp(basename(s->file), basename(file)) == 0) {
            s->weaken[which] = (uint8_t)strength;
            n++;
        }
    }
    return n;
}
// --- reasons ------------------------------------------------------------------------------------

static const char *comment_of(const char *line)
{
    const char *c = strstr(line, "//");
    return c == NULL ? NULL : c + 2 + strspn(c + 2, " ");
}
static bool comment_alone(const struct source *s, unsigned line)
{
    const char *text = s->line[line] + strspn(s->line[line], " ");
    return strncmp(text, "//", 2) == 0;
}
// Does a statement, or what stands before one, end with this line?
static bool ends(const struct source *s, unsigned line)
{
    const char *text = s->line[line], *comment = strstr(text, "//");
    size_t n = comment != NULL ? (size_t)(comment - text) : strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n == 0 || text[0] == '#' || strchr(";{}:", text[n - 1]) != NULL;
}

static void statement_of(const struct source *s, unsigned line, unsigned *first, unsigned *last)
{
    for (*last = line; *last < s->lines && !ends(s, *last);)
        ++*last;
    for (*first = line; *first > 1 && !comment_alone(s, *first - 1) && !ends(s, *first - 1);)
        --*first;
}

// The comments of these lines, a paragraph a line.
static void comments(const struct source *s, unsigned first, unsigned last, char *text, size_t size)
{
    size_t n = strlen(text);
    for (unsigned i = first; i <= last && n + 1 < size; i++) {
        const char *c = comment_of(s->line[i]);
        if (c != NULL)
            n += (size_t)snprintf(text + n, size - n, "%s%s", *c == '\0' ? "\n" : c,
                                  *c == '\0' ? "" : " ");
    }
}

// A clause that begins with an order's name: "acquire on failure: ...".
static const struct {
    const char *name;
    unsigned strengths;
} order_names[] = {{"seq_cst", SIM_TOTAL | SIM_ACQUIRE | SIM_RELEASE},
                   {"acq_rel", SIM_ACQUIRE | SIM_RELEASE},
                   {"acquire", SIM_ACQUIRE},
                   {"release", SIM_RELEASE},
                   {"relaxed", 0}};
struct clause {
    unsigned close[5]; // by strength: 0 not named, else the more the fewer others the name names
    bool failure;
    const char *reason;
};
static bool clause_at(const char *p, struct clause *c)
{
    const char *end = p + strcspn(p, ":.;(\n");
    *c = (struct clause){.reason = end + 1 + strspn(end + (*end != '\0'), " ")};
    if (*end != ':')
        return false;
    for (const char *word = p; word < end;) {
        size_t n = strspn(word, WORD), known = 0;
        while (known < sizeof order_names / sizeof order_names[0] &&
               (n != strlen(order_names[known].name) ||
                strncasecmp(word, order_names[known].name, n) != 0))
            known++;
        if (known == sizeof order_names / sizeof order_names[0]) {
            if (word == p)
                return false;
            c->failure |= n == strlen("failure") && strncasecmp(word, "failure", n) == 0;
        } else {
            for (unsigned one = SIM_TOTAL; one <= SIM_RELEASE; one <<= 1)
                if ((order_names[known].strengths & one) != 0 && c->close[one] <= known)
                    c->close[one] = (unsigned)known + 1;
        }
        word += n + 1;
    }
    return true;
}
// Where the next clause may begin.
static const char *next_clause(const char *p)
{
    for (; *p != '\0'; p++)
        if (*p == '\n' || ((*p == '.' || *p == ';') && p[1] == ' '))
            return p + 1 + strspn(p + 1, " \n");
    return p;
}
// Takes the reason from a comment, if it states one.
static bool state(struct weakening *w, const char *text)
{
    unsigned closest = 0;
    for (const char *p = text; *p != '\0'; p = next_clause(p)) {
        struct clause c, other;
        if (!clause_at(p, &c) || c.failure != (w->which == 1) || c.close[w->strength] <= closest)
            continue;
        const char *end = next_clause(p);
        while (*end != '\0' && end[-1] != '\n' && !clause_at(end, &other))
            end = next_clause(end);
        while (end > c.reason && strchr(" \n.;", end[-1]) != NULL)
            end--;
        closest = c.close[w->strength];
        free(w->reason);
        w->reason = strndup(c.reason, (size_t)(end - c.reason));
        w->unneeded = strncmp(w->reason, "not needed", strlen("not needed")) == 0;
    }
    return closest != 0;
}
static void find_reason(struct weakening *w)
{
    const struct source *s = source_of(w->site->file);
    char text[1 << 14] = "";
    unsigned line = w->site->line, first, last, head = 1;
    if (s == NULL || line > s->lines)
        return;
    // the statement, and the comment above it
    statement_of(s, line, &first, &last);
    while (first > 1 && comment_alone(s, first - 1))
        first--;
    comments(s, first, last, text, sizeof text);
    if (state(w, text))
        return;
    for (last = first = function_begins(s, line); first > 1 && comment_alone(s, first - 1);)
        first--;
    *text = '\0';
    comments(s, first, last, text, sizeof text);
    if (state(w, text))
        return;
    while (head <= s->lines && comment_alone(s, head))
        head++;
    *text = '\0';
    comments(s, 1, head - 1, text, sizeof text);
    state(w, text);
}

// --- the audit ----------------------------------------------------------------------------------

static int by_place(const void *a, const void *b)
{
    const struct sim_site *x = *(struct sim_site *const *)a, *y = *(struct sim_site *const *)b;
    int d = strcmp(basename(x->file), basename(y->file));
    if (d == 0)
        d = x->line < y->line ? -1 : x->line > y->line;
    if (d == 0)
        d = strcmp(x->what, y->what);
    if (d == 0)
        d = strcmp(x->object, y->object);
    if (d == 0)
        d = strcmp(x->order[0], y->order[0]);
    return d == 0 ? strcmp(x->order[1], y->order[1]) : d;
}

static struct weakening *weakenings;
static unsigned weakenings_count;
static const struct sim_scenario *const *scenario;
static size_t scenarios;

static void list_strengths(struct sim_site *site)
{
    for (unsigned which = 0; which < 2; which++)
        for (unsigned one = SIM_TOTAL; one <= SIM_RELEASE; one <<= 1)
            if ((strengths(site, which) & one) != 0) {
                weakenings = again(weakenings, weakenings_count + 1, sizeof *weakenings);
                weakenings[weakenings_count] =
                    (struct weakening){.site = site,
                                       .which = which,
                                       .strength = one,
                                       .reached = again(NULL, scenarios, sizeof(bool))};
                memset(weakenings[weakenings_count].reached, 0, scenarios);
                find_reason(&weakenings[weakenings_count++]);
            }
}
// Orders of functions that no scenario calls, which the compiler leaves out.
static void list_uncompiled(const struct source *s, struct sim_site *const *site, size_t n)
{
    for (unsigned line = 1; line <= s->lines; line++) {
        const char *order = strstr(s->line[line], "memory_order_");
        const char *comment = strstr(s->line[line], "//");
        if (order == NULL || (comment != NULL && comment < order))
            continue;
        unsigned first, last;
        bool compiled = false;
        statement_of(s, line, &first, &last);
        for (size_t i = 0; i < n; i++)
            compiled |= site[i]->order[0][0] != '\0' && first <= site[i]->line &&
                        site[i]->line <= last && source_of(site[i]->file) == s;
        if (compiled)
            continue;
        struct sim_site *made = again(NULL, 1, sizeof *made);
        *made = (struct sim_site){.file = s->path,
                                  .line = line,
                                  .what = no_call,
                                  .object = "",
                                  .order = {strndup(order, strspn(order, WORD)), ""}};
        list_strengths(made);
    }
}
static int by_line(const void *a, const void *b)
{
    const struct weakening *x = a, *y = b;
    int d = strcmp(basename(x->site->file), basename(y->site->file));
    if (d == 0)
        d = x->site->line < y->site->line ? -1 : x->site->line > y->site->line;
    if (d == 0)
        d = (int)x->which - (int)y->which;
    return d == 0 ? (int)x->strength - (int)y->strength : d;
}
// FILE:FUNCTION:STRENGTH, and FILE:FUNCTION/2:STRENGTH of the function's second line with such an
// order: what changes elsewhere leaves the name as it is. Those before `k` are of smaller lines.
static void find_place(unsigned k)
{
    struct weakening *w = &weakenings[k];
    const struct source *s = source_of(w->site->file);
    unsigned line = w->site->line, begin = function_begins(s, line), nth = 1;
    for (unsigned i = k; i-- > 0;) {
        const struct weakening *v = &weakenings[i];
        if (source_of(v->site->file) != s || v->site->line < begin)
            break;
        if (v->which == w->which && v->strength == w->strength && v->site->line != line) {
            line = v->site->line;
            nth++;
        }
    }
    char text[512], number[16] = "";
    size_t n;
    const char *name = function_name(s, begin, &n);
    if (nth > 1)
        snprintf(number, sizeof number, "/%u", nth);
    snprintf(text, sizeof text, "%s:%.*s%s:%s%s", basename(s->path), (int)n, name, number,
             w->which == 1 ? "failure-" : "", strength_name(w->strength));
    w->place = strdup(text);
}
static void list_weakenings(void)
{
    size_t n = (size_t)(site_end - site_first), kept = 0;
    struct sim_site **sorted = again(NULL, n, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        if (source_of(site_first[i]->file) != NULL)
            sorted[kept++] = site_first[i];
    qsort(sorted, kept, sizeof *sorted, by_place);
    for (size_t i = 0; i < kept; i++)
        if (i == 0 || by_place(&sorted[i - 1], &sorted[i]) != 0)
            list_strengths(sorted[i]);
    for (unsigned i = 0; i < sources_count; i++)
        list_uncompiled(&sources[i], sorted, kept);
    free(sorted);
    qsort(weakenings, weakenings_count, sizeof *weakenings, by_line);
    for (unsigned k = 0; k < weakenings_count; k++)
        find_place(k);
}

bool audit_weaken(const char *text)
{
    const char *directory = listing_directory();
    size_t n = strcspn(text, ":");
    if (directory != NULL && chdir(directory) != 0)
        return false;
    for (struct sim_site *const *i = site_first; i < site_end; i++)
        if (strncmp(basename((*i)->file), text, n) == 0 && basename((*i)->file)[n] == '\0')
            read_source((*i)->file);
    list_weakenings();
    for (unsigned k = 0; k < weakenings_count; k++) {
        const struct weakening *w = &weakenings[k];
        if (strcmp(w->place, text) == 0)
            return weaken(w->site->file, w->site->line, w->which, w->strength) != 0;
    }
    return false;
}

static bool unharmed(const struct sim_scenario *s, const struct sim_result *r)
{
    if (r->failure != SIM_PASSED)
        printf("%s fails as it is: %s: %s\nNothing can be said of the orders.\n", s->name,
               sim_failure_name(r->failure), r->text);
    return r->failure == SIM_PASSED;
}
// Runs a prepared scenario as it is, and sees which orders it comes to. False: it fails.
static bool go_along(size_t number, uint64_t first, uint64_t n)
{
    struct sim_result r;
    bool passed = true;
    sim.tracing = true;
    for (uint64_t seed = first; passed && seed < first + n; seed++) {
        struct sim_policy p = explore_policy(EXPLORE_MIXED, 0, seed);
        sim_run(&p, &r);
        passed = unharmed(scenario[number], &r);
        for (unsigned i = 0; i < sim_events_count; i++)
            for (unsigned k = 0; sim_events[i].order > memory_order_relaxed && k < weakenings_count;
                 k++) {
                const struct weakening *w = &weakenings[k];
                const struct sim_site *site = sim_events[i].site;
                if (site->line == w->site->line &&
                    strcmp(basename(site->file), basename(w->site->file)) == 0 &&
                    (sim_events[i].kind == SIM_EVENT_CAS_FAILED) == (w->which == 1))
                    w->reached[number] = true;
            }
    }
    sim.tracing = false;
    return passed;
}

static bool is_reached(const struct weakening *w)
{
    for (size_t i = 0; i < scenarios; i++)
        if (w->reached[i])
            return true;
    return false;
}
// Is there something left to find in the scenario?
static bool is_open(size_t number)
{
    for (unsigned k = 0; k < weakenings_count; k++) {
        const struct weakening *w = &weakenings[k];
        if (w->scenario == NULL && w->site->what != no_call &&
            (w->reached[number] || !is_reached(w)))
            return true;
    }
    return false;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
// Looks for failures until the time is up, but once at least. False: the program fails as it is.
static bool search(double until)
{
    bool any = true;
    uint64_t n = SCHEDULES_FIRST;
    for (uint64_t first = 0; any; first += n, n = n < SCHEDULES_MOST ? 2 * n : n) {
        any = false;
        for (size_t i = 0; i < scenarios; i++) {
            const struct sim_scenario *s = scenario[i];
            struct sim_policy p;
            struct sim_result r;
            uint64_t run;
            if (s->omitted != NULL || (first != 0 && !is_open(i)))
                continue;
            any = true;
            if (first != 0 && seconds() > until)
                return true;
            if (!sim_prepare(s, &r))
                return unharmed(s, &r);
            if (!go_along(i, first, n))
                return false;
            for (unsigned k = 0; k < weakenings_count; k++) {
                struct weakening *w = &weakenings[k];
                if (w->scenario != NULL || !w->reached[i])
                    continue;
                weaken(w->site->file, w->site->line, w->which, w->strength);
                if (explore_search(EXPLORE_MIXED, 0, first, n, &p, &r, &run)) {
                    w->scenario = s;
                    w->policy = p;
                    w->failure = r.failure;
                }
                weaken("", 0, 0, 0);
                w->schedules += run;
                if (first != 0 && seconds() > until)
                    return true;
            }
        }
    }
    return true;
}

// --- the report ---------------------------------------------------------------------------------

// A cell of a markdown table, and what ends it.
static void print_cell(const char *text)
{
    putchar(' ');
    for (; *text != '\0'; text++)
        if (*text == '|')
            fputs("\\|", stdout);
        else
            putchar(*text);
    fputs(" |", stdout);
}
static const char *verdict(const struct weakening *w)
{
    return w->scenario != NULL ? "needed"
           : is_reached(w)     ? "not shown to be needed"
                               : "not reached";
}
static bool contradicted(const struct weakening *w)
{
    return w->scenario != NULL && w->reason != NULL && w->unneeded;
}
static void print_row(const struct weakening *w)
{
    static const char *const mode[] = {
        [SIM_RANDOM] = "random", [SIM_PCT] = "pct", [SIM_EXHAUSTIVE] = "exhaustive"};
    char text[512];
    putchar('|');
    print_cell(w->place);
    snprintf(text, sizeof text, "%s%s%s, %s", w->site->what, *w->site->object != '\0' ? " " : "",
             w->site->object, w->site->order[w->which] + strlen("memory_order_"));
    print_cell(text);
    print_cell(verdict(w));
    if (w->scenario != NULL) {
        char depth[32] = "";
        if (w->policy.mode != SIM_RANDOM)
            snprintf(depth, sizeof depth, " --depth %u", w->policy.depth);
        snprintf(text, sizeof text, "%s: `%s --mode %s%s --seed %ju --schedules 1 --weaken %s`",
                 sim_failure_name(w->failure), w->scenario->name, mode[w->policy.mode], depth,
                 (uintmax_t)w->policy.seed, w->place);
        print_cell(text);
    } else {
        print_cell("");
    }
    snprintf(text, sizeof text, "%ju", (uintmax_t)w->schedules);
    print_cell(text);
    fputs(contradicted(w) ? " **contradicted**:" : "", stdout);
    print_cell(w->reason != NULL ? w->reason : "**no reason stated**");
    putchar('\n');
}

int audit(const struct audit_options *o)
{
    double until = seconds() + o->budget;
    const char *header = sim_schemes[o->kind];
    const char *directory = listing_directory();
    char path[PATH_MAX];
    snprintf(path, sizeof path, "strategies/%s", header);
    if ((directory != NULL && chdir(directory) != 0) ||
        (!read_source(header) && !read_source(path))) {
        fprintf(stderr, "audit: %s: %s; the tree in which this was compiled is needed: %s\n",
                header, strerror(errno), directory != NULL ? directory : "?");
        return 2;
    }
    scenario = explore_scenarios(&scenarios);
    list_weakenings();
    if (!search(until))
        return 1;
    printf(
        "The orders of %s. A failure is seen again by\n    %s ...\nwith what stands beside it.\n\n",
        header, o->as);
    unsigned needed = 0, reached = 0, against = 0, silent = 0, claimed = 0;
    puts("| place | order | verdict | failure without | schedules | stated reason |\n"
         "| --- | --- | --- | --- | ---: | --- |");
    for (unsigned k = 0; k < weakenings_count; k++) {
        const struct weakening *w = &weakenings[k];
        print_row(w);
        needed += w->scenario != NULL;
        reached += is_reached(w);
        against += contradicted(w);
        silent += w->reason == NULL;
        claimed += w->scenario == NULL && w->reason != NULL && !w->unneeded;
    }
    printf(
        "\n%u strengths of orders: %u needed, %u not shown to be needed, %u not reached. Reasons: "
        "%u contradicted, %u claim a need that was not shown, %u missing.\n",
        weakenings_count, needed, reached - needed, weakenings_count - reached, against, claimed,
        silent);
    return against != 0;
}
