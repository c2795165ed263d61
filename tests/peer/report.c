// SPDX-License-Identifier: MIT
//
// report FILE: what trials of identical programs say of the intervals of each tool. A line is one
// trial: TOOL SECONDS, then `interval NS MIDDLE LOW HIGH`, of the first program and of the ratio,
// or `repetitions NS... / NS...`, of both programs. The others are held against the first tool.
//
// For repetitions the interval is that of the ratio of two independent medians by the percentile
// bootstrap, and the test that compare.py makes of them is counted beside it: Mann and Whitney's U,
// two-sided, by its normal approximation with corrections for ties and continuity.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

enum { TOOLS_MOST = 8, TRIALS_MOST = 10000, REPETITIONS_MOST = 10000, RESAMPLES = 2000 };
static const double confidence = 0.95;

struct tool {
    char name[64];
    size_t n, alarms, tested, test_alarms;
    double seconds[TRIALS_MOST], ns[TRIALS_MOST];
    double error[TRIALS_MOST];  // |log ratio|
    double half[TRIALS_MOST];   // half-width of log ratio's interval
    double factor[TRIALS_MOST]; // of the interval, so that it would just reach 1; above 1: an alarm
};

_Noreturn static void refuse(const char *text, const char *detail)
{
    fprintf(stderr, "report: %s: %s\n", text, detail);
    exit(2);
}

static double *numbers(size_t n)
{
    double *x = calloc(n, sizeof *x);
    if (x == NULL)
        refuse("out of memory", "");
    return x;
}

// --- a trial's interval -----------------------------------------------------------------------

static void resample(const double *x, size_t n, double *drawn, uint64_t *state)
{
    for (size_t i = 0; i < n; i++)
        drawn[i] = x[stats_random(state) % n];
}

// Of log(median of b / median of a).
static struct stats_interval bootstrap(const double *a, size_t as, const double *b, size_t bs,
                                       uint64_t *state)
{
    double *drawn_a = numbers(as), *drawn_b = numbers(bs), ratio[RESAMPLES];
    for (size_t i = 0; i < RESAMPLES; i++) {
        resample(a, as, drawn_a, state);
        resample(b, bs, drawn_b, state);
        ratio[i] = log(stats_median(drawn_b, bs) / stats_median(drawn_a, as));
    }
    free(drawn_a);
    free(drawn_b);
    return (struct stats_interval){.low = stats_quantile(ratio, RESAMPLES, (1 - confidence) / 2),
                                   .middle = log(stats_median(b, bs) / stats_median(a, as)),
                                   .high = stats_quantile(ratio, RESAMPLES, (1 + confidence) / 2)};
}

static double u_test(const double *a, size_t as, const double *b, size_t bs)
{
    double u = 0, n = (double)(as + bs), ties = 0;
    for (size_t i = 0; i < as; i++)
        for (size_t k = 0; k < bs; k++)
            u += a[i] > b[k] ? 1 : a[i] == b[k] ? 0.5 : 0;
    // each of t equal values adds t^2 - 1: together t^3 - t
    for (size_t i = 0; i < as + bs; i++) {
        double x = i < as ? a[i] : b[i - as], t = 0;
        for (size_t k = 0; k < as + bs; k++)
            t += x == (k < as ? a[k] : b[k - as]);
        ties += t * t - 1;
    }
    double product = (double)as * (double)bs;
    double deviation = sqrt(product / 12 * (n + 1 - ties / (n * (n - 1))));
    double beyond = fabs(u - product / 2) - 0.5;
    return beyond <= 0 || deviation == 0 ? 1 : erfc(beyond / deviation / sqrt(2));
}

static void add(struct tool *t, double seconds, double ns, struct stats_interval log_ratio)
{
    if (t->n == TRIALS_MOST)
        refuse("too many trials", t->name);
    size_t i = t->n++;
    // as far as the interval reaches from the ratio towards 1
    double arm =
        log_ratio.middle > 0 ? log_ratio.middle - log_ratio.low : log_ratio.high - log_ratio.middle;
    t->seconds[i] = seconds;
    t->ns[i] = ns;
    t->error[i] = fabs(log_ratio.middle);
    t->half[i] = (log_ratio.high - log_ratio.low) / 2;
    t->factor[i] = t->error[i] == 0 ? 0 : t->error[i] / arm;
    t->alarms += t->factor[i] > 1;
}

// --- reading ----------------------------------------------------------------------------------

static struct tool *find(struct tool *tool, size_t *tools, const char *name)
{
    for (size_t i = 0; i < *tools; i++)
        if (strcmp(tool[i].name, name) == 0)
            return &tool[i];
    if (*tools == TOOLS_MOST)
        refuse("too many tools", name);
    struct tool *t = &tool[(*tools)++];
    snprintf(t->name, sizeof t->name, "%s", name);
    return t;
}

// The next word as a number above 0; false at the end and at a slash.
static bool next(char **save, double *value)
{
    char *word = strtok_r(NULL, " \n", save), *end;
    if (word == NULL || strcmp(word, "/") == 0)
        return false;
    *value = strtod(word, &end);
    if (*end != '\0' || !(*value > 0))
        refuse("not a number above 0", word);
    return true;
}

static size_t next_list(char **save, double *list)
{
    size_t n = 0;
    while (n < REPETITIONS_MOST && next(save, &list[n]))
        n++;
    return n;
}

static void read_line(char *line, struct tool *tool, size_t *tools, uint64_t *state)
{
    double seconds, ns, m, l, h;
    char *save, *name = strtok_r(line, " \n", &save);
    if (name == NULL || !next(&save, &seconds))
        refuse("a line without a tool and its time", name != NULL ? name : "");
    struct tool *t = find(tool, tools, name);
    const char *kind = strtok_r(NULL, " \n", &save);
    struct stats_interval log_ratio;
    if (kind != NULL && strcmp(kind, "interval") == 0 && next(&save, &ns) && next(&save, &m) &&
        next(&save, &l) && next(&save, &h)) {
        log_ratio = (struct stats_interval){.low = log(l), .middle = log(m), .high = log(h)};
    } else if (kind != NULL && strcmp(kind, "repetitions") == 0) {
        double *a = numbers(REPETITIONS_MOST), *b = numbers(REPETITIONS_MOST);
        size_t as = next_list(&save, a), bs = next_list(&save, b);
        if (as < 2 || bs < 2)
            refuse("fewer than two repetitions", name);
        ns = stats_median(a, as);
        log_ratio = bootstrap(a, as, b, bs, state);
        t->tested++;
        t->test_alarms += u_test(a, as, b, bs) <= 1 - confidence;
        free(a);
        free(b);
    } else {
        refuse("neither an interval nor repetitions", name);
    }
    add(t, seconds, ns, log_ratio);
}

// --- the table --------------------------------------------------------------------------------

// The half-width that would include 1 in 95 % of the trials; trials by index, all if that is NULL.
static double equal_error(const struct tool *t, const size_t *trial, size_t n)
{
    double *half = numbers(n), *factor = numbers(n);
    for (size_t i = 0; i < n; i++) {
        half[i] = t->half[trial != NULL ? trial[i] : i];
        factor[i] = t->factor[trial != NULL ? trial[i] : i];
    }
    double width = stats_quantile(factor, n, confidence) * stats_median(half, n);
    free(half);
    free(factor);
    return width;
}

// Of ours / theirs: trials are drawn with replacement, the same ones of both, as they were made at
// about the same time.
static struct stats_interval compare(const struct tool *ours, const struct tool *theirs,
                                     uint64_t *state)
{
    size_t n = ours->n < theirs->n ? ours->n : theirs->n;
    size_t *trial = calloc(n, sizeof *trial);
    double ratio[RESAMPLES];
    if (trial == NULL)
        refuse("out of memory", "");
    for (size_t r = 0; r < RESAMPLES; r++) {
        for (size_t i = 0; i < n; i++)
            trial[i] = stats_random(state) % n;
        ratio[r] = equal_error(ours, trial, n) / equal_error(theirs, trial, n);
    }
    free(trial);
    return (struct stats_interval){.low = stats_quantile(ratio, RESAMPLES, (1 - confidence) / 2),
                                   .middle = equal_error(ours, NULL, ours->n) /
                                             equal_error(theirs, NULL, theirs->n),
                                   .high = stats_quantile(ratio, RESAMPLES, (1 + confidence) / 2)};
}

static double percent(double log_ratio)
{
    return 100 * expm1(log_ratio);
}

static void print_tool(const struct tool *t, const struct tool *ours, uint64_t *state)
{
    struct stats_interval share = stats_proportion(t->alarms, t->n, confidence);
    char alarms[32], test[32] = "-", against[64] = "";
    snprintf(alarms, sizeof alarms, "%.1f [%.1f, %.1f]", 100 * share.middle, 100 * share.low,
             100 * share.high);
    if (t->tested != 0)
        snprintf(test, sizeof test, "%.1f", 100 * (double)t->test_alarms / (double)t->tested);
    if (t != ours) {
        struct stats_interval ratio = compare(ours, t, state);
        snprintf(against, sizeof against, "%.2f [%.2f, %.2f]", ratio.middle, ratio.low, ratio.high);
    }
    printf("%-17s %6zu %7.2f %7.3g %8.3f %19s %7s %7.2f %8.3f %8.3f   %s\n", t->name, t->n,
           stats_median(t->seconds, t->n), stats_median(t->ns, t->n),
           percent(stats_median(t->half, t->n)), alarms, test,
           stats_quantile(t->factor, t->n, confidence), percent(equal_error(t, NULL, t->n)),
           percent(stats_quantile(t->error, t->n, confidence)), against);
}

int main(int argc, char **argv)
{
    struct tool *tool = calloc(TOOLS_MOST, sizeof *tool);
    size_t tools = 0, room = 0;
    uint64_t state = 1;
    char *line = NULL;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (tool == NULL)
        refuse("out of memory", "");
    if (f == NULL)
        refuse("a file of trials is needed", argc == 2 ? argv[1] : "report FILE");
    while (getline(&line, &room, f) > 0)
        read_line(line, tool, &tools, &state);
    free(line);
    fclose(f);
    if (tools == 0)
        refuse("no trials", argv[1]);
    printf("%-17s %6s %7s %7s %8s %19s %7s %7s %8s %8s   %s\n", "tool", "trials", "s each", "ns/op",
           "half [%]", "false alarms [%]", "U [%]", "factor", "equal[%]", "95th [%]",
           "equal: ours / theirs");
    for (size_t i = 0; i < tools; i++)
        print_tool(&tool[i], &tool[0], &state);
    printf("\nhalf: half-width of the 95 %% interval of the ratio, median of the trials. false "
           "alarms: intervals without 1.\nU: U tests with p <= 0.05. factor: by which intervals "
           "must be wider for 95 %% of them to include 1;\nequal: the half-width then. 95th: "
           "quantile of the ratios' own distance from 1. The programs are identical.\n");
    free(tool);
    return 0;
}
