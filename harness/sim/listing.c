// SPDX-License-Identifier: MIT
//
// A failed schedule as source lines, one for each event, indented by thread:
//
//     step  where               what was done, and to which block      the source
//      12     2| atomic.h:81    add &h->count relaxed  #3+8: 2 -> 3 atomic_fetch_add_explicit(...
//
// #3+8 is 8 bytes behind the start of the third block that was made. Nothing that is printed hangs
// on where the system loaded the program: an address is a block, a stack, or a symbol.
#include "explore.h"

#include <ctype.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Lines of a listing; columns: of a thread's indentation, and of what stands before the source, at
// most.
enum { LINES_MAX = 120, INDENT = 3, WIDTH_MAX = 72 };

extern const struct sim_site *const site_first[] __asm__("__start_sim_sites") __attribute__((weak));
extern const struct sim_site *const site_end[] __asm__("__stop_sim_sites") __attribute__((weak));

// NULL: it is a return address.
static const struct sim_site *site_of(const void *site)
{
    for (const struct sim_site *const *i = site_first; i < site_end; i++)
        if (*i == site)
            return *i;
    return NULL;
}

// --- debug information -------------------------------------------------------------------------

// Of this process, read when it is asked for first; NULL: there is none.
static Dwfl *debug(void)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    static Dwfl *dwfl;
    static bool tried;
    if (!tried) {
        tried = true;
        dwfl = dwfl_begin(&callbacks);
        if (dwfl != NULL && (dwfl_linux_proc_report(dwfl, getpid()) != 0 ||
                             dwfl_report_end(dwfl, NULL, NULL) != 0)) {
            dwfl_end(dwfl);
            dwfl = NULL;
        }
    }
    return dwfl;
}

const char *listing_directory(void)
{
    Dwarf_Addr bias;
    Dwfl_Module *m =
        debug() == NULL ? NULL : dwfl_addrmodule(debug(), (uintptr_t)listing_directory);
    Dwarf_Die *unit =
        m == NULL ? NULL : dwfl_module_addrdie(m, (uintptr_t)listing_directory, &bias);
    Dwarf_Attribute at;
    return unit == NULL ? NULL : dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &at));
}

struct place {
    const char *file; // NULL: not known
    unsigned line;
};
static struct place place_of(const void *site)
{
    const struct sim_site *s = site_of(site);
    if (s != NULL)
        return (struct place){s->file, s->line};
    // the call itself stands before where it returns to
    uintptr_t address = (uintptr_t)site - 1;
    Dwfl_Module *m = site == NULL || debug() == NULL ? NULL : dwfl_addrmodule(debug(), address);
    Dwfl_Line *line = m == NULL ? NULL : dwfl_module_getsrc(m, address);
    int number = 0;
    const char *file = line == NULL ? NULL : dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
    return (struct place){file, (unsigned)number};
}

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash == NULL ? file : slash + 1;
}
static void place_text(struct place p, char *text, size_t size)
{
    if (p.file == NULL)
        snprintf(text, size, "?");
    else
        snprintf(text, size, "%s:%u", base_name(p.file), p.line);
}
void listing_place(const void *site, char *text, size_t size)
{
    place_text(place_of(site), text, size);
}

// --- source text -------------------------------------------------------------------------------

static FILE *open_source(const char *file)
{
    const char *directory = listing_directory();
    char path[4096];
    if (file[0] == '/' || directory == NULL)
        return fopen(file, "re");
    snprintf(path, sizeof path, "%s/%s", directory, file);
    return fopen(path, "re");
}
// The line without the spaces around it; empty if there is no such file.
static void source_text(struct place p, char *text, size_t size)
{
    static FILE *file; // of the last one, since lines of one file follow each other
    static const char *name;
    char *line = NULL;
    size_t room = 0;
    text[0] = '\0';
    if (p.file == NULL)
        return;
    if (name != p.file) {
        if (file != NULL)
            fclose(file);
        file = open_source(p.file);
        name = p.file;
    }
    if (file == NULL)
        return;
    rewind(file);
    for (unsigned i = 0; i < p.line; i++)
        if (getline(&line, &room, file) == -1) {
            free(line);
            return;
        }
    char *begin = line, *end = line + strlen(line);
    while (isspace((unsigned char)*begin))
        begin++;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    snprintf(text, size, "%.*s", (int)(end - begin), begin);
    free(line);
}

// --- words -------------------------------------------------------------------------------------

// What an address stands for: "#12+8"; false: it is no block, stack or symbol.
static bool address_text(uintptr_t address, char *text, size_t size)
{
    unsigned number;
    if (address - SIM_BASE < SIM_HEAP_SIZE) {
        const struct sim_block *b = sim_block_at(address, &number);
        if (b == NULL)
            return false;
        if (address == b->address)
            snprintf(text, size, "#%u", number);
        else
            snprintf(text, size, "#%u+%zu", number, (size_t)(address - b->address));
        return true;
    }
    if (sim_inside((const void *)address)) {
        snprintf(text, size, "stack of %zu",
                 (size_t)(address - SIM_BASE - SIM_HEAP_SIZE) / SIM_STACK_SIZE);
        return true;
    }
    Dwfl_Module *m = debug() == NULL ? NULL : dwfl_addrmodule(debug(), address);
    Dwarf_Addr begin, end; // beyond the last module that is what is found
    if (m == NULL || dwfl_module_info(m, NULL, &begin, &end, NULL, NULL, NULL, NULL) == NULL ||
        address < begin || address >= end)
        return false;
    const char *name = dwfl_module_addrname(m, address);
    snprintf(text, size, "%s", name != NULL ? name : "static data");
    return true;
}
struct text {
    char text[64];
};
static struct text value_text(uint64_t value, unsigned size)
{
    struct text t = {"unset"};
    int64_t number = (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
    // fewer bytes may well be a number
    if (size >= 4 && value == (SIM_FRESH * 0x0101010101010101u) >> (64 - 8 * size))
        return t;
    if (size == 8 && value >= 1 << 16 && address_text(value, t.text, sizeof t.text))
        return t;
    if (number > -4096 && number < 4096)
        snprintf(t.text, sizeof t.text, "%jd", (intmax_t)number);
    else
        snprintf(t.text, sizeof t.text, "%#jx", (uintmax_t)value);
    return t;
}

static const char *order_name(int order)
{
    switch (order) {
    case memory_order_relaxed:
        return "relaxed";
    case memory_order_consume:
    case memory_order_acquire:
        return "acquire";
    case memory_order_release:
        return "release";
    case memory_order_acq_rel:
        return "acq_rel";
    case memory_order_seq_cst:
        return "seq_cst";
    default:
        return "";
    }
}
// What the author wrote, if the audit has made it another one.
static const char *declared_order(const struct sim_event *e)
{
    static const char prefix[] = "memory_order_";
    const struct sim_site *s = site_of(e->site);
    const char *declared = s == NULL ? "" : s->order[e->kind == SIM_EVENT_CAS_FAILED];
    if (strncmp(declared, prefix, sizeof prefix - 1) != 0)
        return NULL; // not a constant
    declared += sizeof prefix - 1;
    return e->order < 0 || strcmp(declared, order_name(e->order)) == 0 ? NULL : declared;
}

// Of instrumented code, where no operand is known.
static const char *kind_name(enum sim_event_kind kind)
{
    switch (kind) {
    case SIM_EVENT_LOAD:
        return "load";
    case SIM_EVENT_STORE:
        return "store";
    case SIM_EVENT_RMW:
        return "read-modify-write";
    case SIM_EVENT_CAS:
    case SIM_EVENT_CAS_FAILED:
        return "compare-exchange";
    case SIM_EVENT_FENCE:
        return "fence";
    case SIM_EVENT_WRITE:
        return "write";
    case SIM_EVENT_READ:
        return "read";
    default:
        return "";
    }
}

// "add &h->count relaxed"
static void print_operation(FILE *to, const struct sim_event *e)
{
    const struct sim_site *s = site_of(e->site);
    fputs(s != NULL ? s->what : e->kind == SIM_EVENT_END ? "ends" : kind_name(e->kind), to);
    // a condition that is waited for is as long as the source itself
    if (s != NULL && s->object[0] != '\0' && (e->kind != SIM_EVENT_WAIT || e->address != 0))
        fprintf(to, " %s", s->object);
    const char *declared = declared_order(e);
    if (e->order >= 0 && !(s != NULL && s->order[0][0] == '\0'))
        fprintf(to, " %s", order_name(e->order));
    if (declared != NULL)
        fprintf(to, " (declared %s)", declared);
}

// "#3+8: 2 -> 3"
static void print_outcome(FILE *to, const struct sim_event *e)
{
    struct text before = value_text(e->before, e->size != 0 ? e->size : 8);
    struct text after = value_text(e->after, e->size != 0 ? e->size : 8);
    char where[64];
    if (e->address != 0 && address_text(e->address, where, sizeof where))
        fprintf(to, "  %s", where);
    switch (e->kind) {
    case SIM_EVENT_LOAD:
        fprintf(to, ": %s", before.text);
        break;
    case SIM_EVENT_READ:
        if (sim_event_has_value(e))
            fprintf(to, ": %s", before.text);
        break;
    case SIM_EVENT_WRITE: // of the last one nobody has seen the end
        if (sim_event_has_value(e) && e + 1 < sim_events + sim_events_count)
            fprintf(to, ": %s -> %s", before.text, after.text);
        break;
    case SIM_EVENT_STORE:
    case SIM_EVENT_RMW:
    case SIM_EVENT_CAS:
        fprintf(to, ": %s -> %s", before.text, after.text);
        break;
    case SIM_EVENT_CAS_FAILED:
        if (e->before == e->after)
            fprintf(to, ": %s, fails for no reason", before.text);
        else
            fprintf(to, ": %s, not %s", before.text, after.text);
        break;
    case SIM_EVENT_ALLOCATE:
        fprintf(to, ": %ju bytes", (uintmax_t)e->after);
        break;
    case SIM_EVENT_PARK:
        fputs(": sleeps", to);
        break;
    case SIM_EVENT_WAKE:
        fprintf(to, ": wakes, %s",
                e->after == 1   ? "unparked"
                : e->after == 0 ? "the time is up"
                                : "for no reason");
        break;
    case SIM_EVENT_UNPARK:
        fprintf(to, ": wakes %ju", (uintmax_t)e->after);
        break;
    case SIM_EVENT_WAIT:
        fputs(": waits", to);
        break;
    case SIM_EVENT_CLOCK:
        fprintf(to, ": %ju ns", (uintmax_t)e->after);
        break;
    default:
        break;
    }
    if (e->age != 0)
        fprintf(to, e->kind == SIM_EVENT_STORE ? " (before %u newer)" : " (%u newer)", e->age);
}

// --- the listing -------------------------------------------------------------------------------

// A line, until it is known how wide the columns are.
struct row {
    const char *mark;
    unsigned step, thread;
    char place[64], source[256];
    char *text; // NULL: memory ran out
};
static struct row row_make(const char *mark, unsigned step, unsigned thread, struct place p)
{
    struct row r = {.mark = mark, .step = step, .thread = thread};
    if (p.file != NULL)
        place_text(p, r.place, sizeof r.place);
    source_text(p, r.source, sizeof r.source);
    return r;
}
static struct row row_of_event(const char *mark, const struct sim_event *e)
{
    struct row r = row_make(mark, e->step, e->thread, place_of(e->site));
    size_t size;
    FILE *to = open_memstream(&r.text, &size);
    if (to == NULL)
        return r;
    print_operation(to, e);
    print_outcome(to, e);
    fclose(to);
    return r;
}
// Where it failed: the thread that ran, and what was said to be wrong, if that has a line.
static struct row row_of_end(const struct sim_result *r)
{
    char file[256];
    struct place p = {0};
    if (r->failure == SIM_CHECK && sscanf(r->text, "%255[^:]:%u:", file, &p.line) == 2)
        p.file = file;
    struct row row = row_make("**", r->steps, r->thread, p);
    row.text = strdup(sim_failure_name(r->failure));
    return row;
}
static void rows_print(struct row *row, unsigned n)
{
    int places = 0, texts = 0;
    for (unsigned i = 0; i < n; i++) {
        int place = (int)strlen(row[i].place);
        int text =
            INDENT * (int)row[i].thread + (int)strlen(row[i].text != NULL ? row[i].text : "");
        places = place > places ? place : places;
        texts = text > texts && text <= WIDTH_MAX ? text : texts;
    }
    for (unsigned i = 0; i < n; i++) {
        const struct row *r = &row[i];
        int indent = INDENT * (int)r->thread;
        printf("%-2s%5u  %-*s  %*s%u| ", r->mark, r->step, places, r->place, indent, "", r->thread);
        if (r->source[0] == '\0')
            printf("%s\n", r->text != NULL ? r->text : "");
        else
            printf("%-*s  %s\n", texts > indent ? texts - indent : 0,
                   r->text != NULL ? r->text : "", r->source);
        free(row[i].text);
    }
}

static bool same_block(uintptr_t a, uintptr_t b)
{
    unsigned of_a, of_b;
    return a != 0 && b != 0 && sim_block_at(a, &of_a) != NULL && sim_block_at(b, &of_b) != NULL &&
           of_a == of_b;
}
// What the failure is about, and what came before it: see struct sim_result.
static void find_events(const struct sim_result *r, int event[2], uintptr_t *about)
{
    event[0] = r->event[0];
    event[1] = r->event[1];
    *about = r->about;
    if (event[0] >= 0)
        *about = sim_events[event[0]].address;
    if (*about == 0 || event[0] >= 0)
        return;
    int last = (int)sim_events_count - 1;
    if (r->failure == SIM_FREED || r->failure == SIM_WILD)
        event[0] = last--;
    // the free after which it was used, or where what is left was made
    enum sim_event_kind kind = r->failure == SIM_LEAK ? SIM_EVENT_ALLOCATE : SIM_EVENT_FREE;
    for (int i = last; i >= 0 && event[1] < 0; i--)
        if (sim_events[i].kind == kind && same_block(sim_events[i].address, *about))
            event[1] = i;
}

// Is an event one that other lines say already, or one of the many accesses that are no atomics and
// that only the compiler knows?
static bool said_elsewhere(const struct sim_event *e, const struct sim_event *next)
{
    bool goes_on = next != NULL && next->thread == e->thread && next->site == e->site;
    if (e->kind == SIM_EVENT_LOAD && goes_on) // a service looks at its word first
        return next->kind == SIM_EVENT_LOCK || next->kind == SIM_EVENT_UNLOCK ||
               next->kind == SIM_EVENT_PARK || next->kind == SIM_EVENT_WAIT;
    return e->kind == SIM_EVENT_PARK && goes_on && next->kind == SIM_EVENT_WAIT;
}
static bool drowns(const struct sim_event *e, uintptr_t about)
{
    return (e->kind == SIM_EVENT_READ || e->kind == SIM_EVENT_WRITE) && site_of(e->site) == NULL &&
           !same_block(e->address, about);
}

void listing_print(const struct sim_result *r)
{
    static unsigned shown[SIM_EVENTS_MAX];
    unsigned n = 0, folded = 0;
    int event[2];
    uintptr_t about;
    find_events(r, event, &about);
    for (unsigned i = 0; i < sim_events_count; i++) {
        const struct sim_event *e = &sim_events[i];
        bool marked = (int)i == event[0] || (int)i == event[1];
        if (!marked && said_elsewhere(e, i + 1 < sim_events_count ? e + 1 : NULL))
            continue;
        if (!marked && drowns(e, about))
            folded++;
        else
            shown[n++] = i;
    }
    printf("%s: %s\n", sim_failure_name(r->failure), r->text);
    static struct row row[LINES_MAX + 2];
    unsigned from = n > LINES_MAX ? n - LINES_MAX : 0, rows = 0;
    if (from > 0) {
        printf("  %u lines before these are not shown\n", from);
        if (event[1] >= 0 && (unsigned)event[1] < shown[from])
            row[rows++] = row_of_event("*", &sim_events[event[1]]);
    }
    for (unsigned i = from; i < n; i++)
        row[rows++] = row_of_event((int)shown[i] == event[0]   ? "**"
                                   : (int)shown[i] == event[1] ? "*"
                                                               : "",
                                   &sim_events[shown[i]]);
    if (event[0] < 0)
        row[rows++] = row_of_end(r);
    rows_print(row, rows);
    if (folded > 0)
        printf("  %u accesses of what is no atomic are not shown\n", folded);
}
