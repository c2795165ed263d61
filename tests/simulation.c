// SPDX-License-Identifier: MIT
//
// Prints docs/statistics.md (`make docs`): what the estimators of harness/stats.h are, and tables
// of what they do in repeated trials. Every table begins with its own seed, so that the page is the
// same each time and a change to one table leaves the others; tests/run compares the page with
// this.

#include "stats.h"
#include "tests/laws.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONFIDENCE   0.95
#define MARGIN       0.01

// Most blocks in any trial; trials, where they are cheap.
enum { BLOCKS = 60, TRIALS = 10000 };

static double percent(size_t part, size_t of)
{
    return 100 * (double)part / (double)of;
}

static bool covers(struct stats_interval i, double truth)
{
    return i.low <= truth && truth <= i.high;
}

static void draw(const struct law *law, double *x, size_t n, uint64_t *random)
{
    for (size_t i = 0; i < n; i++)
        x[i] = law->draw(random);
}

// The columns after those of `first`, which are two if it has a bar.
static void head_of_table(const char *first, const char *format, const double *columns, size_t n)
{
    printf("| %s |", first);
    for (size_t i = 0; i < n; i++) {
        putchar(' ');
        printf(format, columns[i]);
        printf(" |");
    }
    printf("\n| --- |%s", strchr(first, '|') ? " ---: |" : "");
    for (size_t i = 0; i < n; i++)
        printf(" ---: |");
    putchar('\n');
}

static void coverage_by_law(void)
{
    static const double sizes[] = {6, 8, 9, 12, 20, 40, 60};
    uint64_t random = 1;

    head_of_table("law", "n = %g", sizes, COUNT(sizes));
    printf("| *exact level* |");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const double zero[BLOCKS] = {0};

        printf(" *%.1f* |",
               100 * stats_median_interval(zero, (size_t)sizes[i], CONFIDENCE).confidence);
    }
    for (size_t l = 0; l < LAWS; l++) {
        printf("\n| %s |", laws[l].name);
        for (size_t i = 0; i < COUNT(sizes); i++) {
            size_t covered = 0, n = (size_t)sizes[i];

            for (unsigned trial = 0; trial < TRIALS; trial++) {
                double x[BLOCKS];

                draw(&laws[l], x, n, &random);
                covered += covers(stats_median_interval(x, n, CONFIDENCE), 0);
            }
            printf(" %.1f |", percent(covered, TRIALS));
        }
    }
    puts("\n");
}

// Processes scatter by the law around the same time, and samples inside them by a third of it.
static void bootstrap(void)
{
    enum { SAMPLES = 3, RESAMPLES = 200, SETS = 1000 };
    static const size_t shown[] = {0, 1}, sizes[] = {6, 12, 20};
    uint64_t random = 2;

    puts("| law of processes | n | cluster bootstrap | sign test |\n| --- | ---: | ---: | ---: |");
    for (size_t l = 0; l < COUNT(shown); l++) {
        for (size_t s = 0; s < COUNT(sizes); s++) {
            size_t by_bootstrap = 0, by_sign = 0, n = sizes[s];

            for (unsigned trial = 0; trial < SETS; trial++) {
                double sample[BLOCKS][2][SAMPLES], median[2][BLOCKS];
                struct stats_block block[BLOCKS];

                for (size_t i = 0; i < n; i++) {
                    for (unsigned side = 0; side < 2; side++) {
                        double process = laws[shown[l]].draw(&random);

                        for (unsigned k = 0; k < SAMPLES; k++) {
                            double inside = laws[shown[l]].draw(&random) / 3;

                            sample[i][side][k] = exp(0.02 * (process + inside));
                        }
                        median[side][i] = stats_median(sample[i][side], SAMPLES);
                    }
                    block[i] = (struct stats_block){sample[i][0], sample[i][1], SAMPLES, SAMPLES};
                }
                by_bootstrap +=
                    covers(stats_bootstrap_ratio(block, n, CONFIDENCE, RESAMPLES, trial), 1);
                by_sign += covers(stats_ratio_interval(median[0], median[1], n, CONFIDENCE), 1);
            }
            printf("| %s | %zu | %.0f | %.0f |\n", laws[shown[l]].name, n,
                   percent(by_bootstrap, SETS), percent(by_sign, SETS));
        }
    }
    puts("");
}

// Normal values with unit variance of which neighbours correlate by rho.
static void draw_dependent(double rho, double *x, size_t n, uint64_t *random)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = draw_normal(random);
        if (i > 0)
            x[i] = rho * x[i - 1] + sqrt(1 - rho * rho) * x[i];
    }
}

static void autocorrelation(void)
{
    static const double rho[] = {0, 0.3, 0.6, 0.9};
    static const size_t sizes[] = {12, 20, 40};
    uint64_t random = 3;

    head_of_table("n", "rho = %.1f", rho, COUNT(rho));
    for (size_t s = 0; s < COUNT(sizes); s++) {
        printf("| %zu |", sizes[s]);
        for (size_t r = 0; r < COUNT(rho); r++) {
            size_t covered = 0;

            for (unsigned trial = 0; trial < TRIALS; trial++) {
                double x[BLOCKS];

                draw_dependent(rho[r], x, sizes[s], &random);
                covered += covers(stats_median_interval(x, sizes[s], CONFIDENCE), 0);
            }
            printf(" %.1f |", percent(covered, TRIALS));
        }
        puts("");
    }
    puts("");
}

// A machine with two speeds, how they treat the two cells, and what is compared.
struct machine {
    const char *name;
    double base_slows, with_slows; // factors of the cells' times
    bool inside;                   // the speed changes between the cells of a block, too
    bool by_speed;                 // blocks of one speed only, that with the most
};

// One trial on it: log-ratios into x, their number returned, and the true ratio of the speed that
// most blocks had.
static size_t observe(const struct machine *m, double ratio, double dwell, size_t n, double *x,
                      double *truth, uint64_t *random)
{
    const double change = m->inside ? 0.5 / dwell : 1 / dwell;
    double by_speed[2][BLOCKS];
    bool slow = stats_random(random) >> 63;
    size_t blocks[2] = {0};

    for (size_t i = 0; i < n; i++) {
        bool base_slow, with_slow;

        slow ^= draw_uniform(random) < change;
        base_slow = slow;
        if (m->inside)
            slow ^= draw_uniform(random) < change;
        with_slow = slow;
        x[i] = log(ratio) + 0.02 * draw_normal(random) + (with_slow ? log(m->with_slows) : 0) -
               (base_slow ? log(m->base_slows) : 0);
        if (base_slow == with_slow)
            by_speed[slow][blocks[slow]++] = x[i];
    }
    slow = blocks[1] > blocks[0];
    *truth = log(ratio) + (slow ? log(m->with_slows / m->base_slows) : 0);
    if (!m->by_speed)
        return n;
    for (size_t i = 0; i < blocks[slow]; i++)
        x[i] = by_speed[slow][i];
    return blocks[slow];
}

static void changes_of_speed(void)
{
    enum { N = 20 };
    static const struct machine machines[] = {
        {"between blocks; hits both cells alike", 1.7, 1.7, false, false},
        {"inside blocks too; all blocks", 1.7, 1.7, true, false},
        {"inside blocks too; blocks of one speed", 1.7, 1.7, true, true},
        {"the ratio is 4.4 or 3.0; all blocks", 1.7, 1.7 * 3.0 / 4.4, true, false},
        {"the ratio is 4.4 or 3.0; blocks of one speed", 1.7, 1.7 * 3.0 / 4.4, true, true},
    };
    static const double dwells[] = {2, 10, 50};
    static double width[TRIALS];
    uint64_t random = 4;

    puts("| the speed changes | stays for, blocks | blocks compared | covered | width |\n"
         "| --- | ---: | ---: | ---: | ---: |");
    for (size_t m = 0; m < COUNT(machines); m++) {
        double ratio = machines[m].with_slows < machines[m].base_slows ? 4.4 : 1;

        for (size_t d = 0; d < COUNT(dwells); d++) {
            size_t covered = 0, compared = 0, intervals = 0;

            for (unsigned trial = 0; trial < TRIALS; trial++) {
                double x[BLOCKS], truth;
                size_t n = observe(&machines[m], ratio, dwells[d], N, x, &truth, &random);
                struct stats_interval i = stats_median_interval(x, n, CONFIDENCE);

                if (!(i.confidence >= CONFIDENCE))
                    continue;
                width[intervals++] = 100 * expm1(i.high - i.low);
                compared += n;
                covered += covers(i, truth);
            }
            printf("| %s | %g | %.1f | %.1f | %.1f %% |\n", machines[m].name, dwells[d],
                   (double)compared / (double)intervals, percent(covered, intervals),
                   stats_median(width, intervals));
        }
    }
    puts("");
}

// True ratios, and what may be claimed of each; at the edge of the margin, nothing.
enum { EQUAL, HALF, EDGE, TWICE, THRICE, TRUTHS };
static const struct truth {
    const char *name;
    double ratio;
    enum stats_verdict claim;
} truths[TRUTHS] = {
    {"1", 1, STATS_EQUIVALENT},
    {"1 + d/2", 1 + MARGIN / 2, STATS_EQUIVALENT},
    {"1 + d", 1 + MARGIN, STATS_UNDECIDED},
    {"1 + 2d", 1 + 2 * MARGIN, STATS_WORSE},
    {"1 + 3d", 1 + 3 * MARGIN, STATS_WORSE},
};

static enum stats_verdict verdict(struct stats_claim claim, double p)
{
    return p <= 1 - CONFIDENCE ? claim.verdict : STATS_UNDECIDED;
}

static void verdicts(void)
{
    static const double sizes[] = {6, 12, 20, 40}, scatters[] = {0.5, 1, 2, 4};
    uint64_t random = 5;

    head_of_table("true ratio | sd / d", "n = %g", sizes, COUNT(sizes));
    for (size_t t = 0; t < TRUTHS; t++) {
        for (size_t s = 0; s < COUNT(scatters); s++) {
            printf("| %s | %g |", truths[t].name, scatters[s]);
            for (size_t i = 0; i < COUNT(sizes); i++) {
                size_t n = (size_t)sizes[i], seen[STATS_EQUIVALENT + 1] = {0};

                for (unsigned trial = 0; trial < TRIALS; trial++) {
                    struct stats_claim claim;
                    double x[BLOCKS];

                    for (size_t k = 0; k < n; k++)
                        x[k] = log(truths[t].ratio) + scatters[s] * MARGIN * draw_normal(&random);
                    claim = stats_claim(x, n, MARGIN);
                    seen[verdict(claim, claim.p)]++;
                }
                printf(" %.1f / %.1f / %.1f |", percent(seen[STATS_BETTER], TRIALS),
                       percent(seen[STATS_WORSE], TRIALS), percent(seen[STATS_EQUIVALENT], TRIALS));
            }
            puts("");
        }
    }
    puts("");
}

// Twenty comparisons at once, whose truths repeat these four.
struct family {
    const char *name;
    unsigned truth[4];
    bool one_baseline; // whose scatter is in all of them
};

// What one way to correct made of many families.
struct errors {
    size_t any;      // families with a wrong claim
    double share;    // sum over families of the share of claims that is wrong
    size_t possible; // comparisons of which something true can be claimed
    size_t right;    // of them, those of which it was
};

static void judge(struct errors *e, const struct stats_claim *claim, const double *p,
                  const struct truth *const *truth, size_t n)
{
    size_t wrong = 0, claimed = 0;

    for (size_t i = 0; i < n; i++) {
        enum stats_verdict v = verdict(claim[i], p[i]);

        claimed += v != STATS_UNDECIDED;
        wrong += v != STATS_UNDECIDED && v != truth[i]->claim;
        e->possible += truth[i]->claim != STATS_UNDECIDED;
        e->right += v != STATS_UNDECIDED && v == truth[i]->claim;
    }
    e->any += wrong > 0;
    e->share += claimed > 0 ? (double)wrong / (double)claimed : 0;
}

static void families(void)
{
    enum { COMPARED = 20, SETS = 5000 };
    static const struct family family[] = {
        {"all 1", {EQUAL, EQUAL, EQUAL, EQUAL}, false},
        {"all 1 + d, the edge", {EDGE, EDGE, EDGE, EDGE}, false},
        {"half 1 + d, half 1 + 3d", {EDGE, THRICE, EDGE, THRICE}, false},
        {"1, 1 + d/2, 1 + d, 1 + 2d", {EQUAL, HALF, EDGE, TWICE}, false},
        {"the same, with one baseline", {EQUAL, HALF, EDGE, TWICE}, true},
    };
    static const size_t sizes[] = {12, 20, 40};
    uint64_t random = 6;

    puts(
        "| true ratios | n | any wrong: as they are | Holm | BH | share wrong, BH | right: as they "
        "are | Holm | BH |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (size_t f = 0; f < COUNT(family); f++) {
        for (size_t s = 0; s < COUNT(sizes); s++) {
            struct errors plain = {0}, holm = {0}, bh = {0};

            for (unsigned trial = 0; trial < SETS; trial++) {
                struct stats_claim claim[COMPARED];
                const struct truth *truth[COMPARED];
                double p[COMPARED], adjusted[COMPARED], shared[BLOCKS];

                draw(&laws[0], shared, sizes[s], &random);
                for (size_t c = 0; c < COMPARED; c++) {
                    double x[BLOCKS];

                    truth[c] = &truths[family[f].truth[c % 4]];
                    for (size_t i = 0; i < sizes[s]; i++) {
                        x[i] = draw_normal(&random);
                        if (family[f].one_baseline)
                            x[i] = (x[i] - shared[i]) / sqrt(2);
                        x[i] = log(truth[c]->ratio) + MARGIN * x[i];
                    }
                    claim[c] = stats_claim(x, sizes[s], MARGIN);
                    p[c] = claim[c].p;
                }
                judge(&plain, claim, p, truth, COMPARED);
                if (!stats_holm(p, COMPARED, adjusted))
                    exit(1);
                judge(&holm, claim, adjusted, truth, COMPARED);
                if (!stats_benjamini_hochberg(p, COMPARED, adjusted))
                    exit(1);
                judge(&bh, claim, adjusted, truth, COMPARED);
            }
            printf("| %s | %zu | %.1f | %.1f | %.1f | %.1f |", family[f].name, sizes[s],
                   percent(plain.any, SETS), percent(holm.any, SETS), percent(bh.any, SETS),
                   100 * bh.share / SETS);
            if (plain.possible)
                printf(" %.0f | %.0f | %.0f |\n", percent(plain.right, plain.possible),
                       percent(holm.right, holm.possible), percent(bh.right, bh.possible));
            else
                puts(" | | |");
        }
    }
    puts("");
}

static void stopping(void)
{
    enum { LEAST = 12, SETS = 5000 };
    static const struct {
        size_t law;
        double rho;
        const char *name; // NULL: the law's
    } rows[] = {
        {0, 0, NULL}, {1, 0, NULL}, {2, 0, NULL}, {3, 0, NULL}, {0, 0.6, "normal, rho = 0.6"}};
    static const double scatters[] = {0.25, 0.5, 0.75};
    uint64_t random = 7;

    puts("| law | scale / d | covered when stopped | covered at 60 | n, mean | ran to 60 |\n"
         "| --- | ---: | ---: | ---: | ---: | ---: |");
    for (size_t r = 0; r < COUNT(rows); r++) {
        for (size_t s = 0; s < COUNT(scatters); s++) {
            size_t covered = 0, covered_at_most = 0, blocks = 0, to_most = 0;

            for (unsigned trial = 0; trial < SETS; trial++) {
                double x[BLOCKS];
                size_t n = LEAST;

                if (rows[r].rho > 0)
                    draw_dependent(rows[r].rho, x, BLOCKS, &random);
                else
                    draw(&laws[rows[r].law], x, BLOCKS, &random);
                for (size_t i = 0; i < BLOCKS; i++)
                    x[i] *= scatters[s] * MARGIN;
                while (n < BLOCKS && !stats_enough(x, n, MARGIN, CONFIDENCE))
                    n++;
                blocks += n;
                to_most += n == BLOCKS;
                covered += covers(stats_median_interval(x, n, CONFIDENCE), 0);
                covered_at_most += covers(stats_median_interval(x, BLOCKS, CONFIDENCE), 0);
            }
            printf("| %s | %g | %.1f | %.1f | %.1f | %.0f %% |\n",
                   rows[r].name ? rows[r].name : laws[rows[r].law].name, scatters[s],
                   percent(covered, SETS), percent(covered_at_most, SETS), (double)blocks / SETS,
                   percent(to_most, SETS));
        }
    }
    puts("");
}

static void detectable(void)
{
    enum { SETS = 5000, SEEN_MOST = 120 };
    static const size_t seen[] = {20, 60, SEEN_MOST}, sizes[] = {12, 20, 40};
    static double effects[SETS];
    uint64_t random = 8;

    puts("| n | values seen | effect, median | found |\n| ---: | ---: | ---: | ---: |");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t s = 0; s < COUNT(seen); s++) {
            size_t found = 0;

            for (unsigned trial = 0; trial < SETS; trial++) {
                double same[SEEN_MOST], x[BLOCKS], effect;
                struct stats_claim claim;

                for (size_t k = 0; k < seen[s]; k++)
                    same[k] = MARGIN * draw_normal(&random);
                effect = stats_detectable(same, seen[s], sizes[i], MARGIN, CONFIDENCE, 0.8);
                for (size_t k = 0; k < sizes[i]; k++)
                    x[k] = log(effect) + MARGIN * draw_normal(&random);
                claim = stats_claim(x, sizes[i], MARGIN);
                found += verdict(claim, claim.p) == STATS_WORSE;
                effects[trial] = 100 * (effect - 1);
            }
            printf("| %zu | %zu | %.2f %% | %.0f %% |\n", sizes[i], seen[s],
                   stats_median(effects, SETS), percent(found, SETS));
        }
    }
    puts("");
}

static const struct {
    const char *name;
    void (*print)(void);
} tables[] = {
    {"coverage_by_law", coverage_by_law},
    {"bootstrap", bootstrap},
    {"autocorrelation", autocorrelation},
    {"changes_of_speed", changes_of_speed},
    {"verdicts", verdicts},
    {"families", families},
    {"stopping", stopping},
    {"detectable", detectable},
};

// The table that a line asks for; COUNT(tables): none.
static size_t asked(const char *line)
{
    char name[64];
    size_t t = 0;

    if (sscanf(line, "<!-- table %63s -->", name) != 1)
        return COUNT(tables);
    while (t < COUNT(tables) && strcmp(name, tables[t].name) != 0)
        t++;
    if (t == COUNT(tables)) {
        fprintf(stderr, "simulation: there is no table '%s'; there are:", name);
        for (t = 0; t < COUNT(tables); t++)
            fprintf(stderr, " %s", tables[t].name);
        fputc('\n', stderr);
        exit(2);
    }
    return t;
}

int main(void)
{
    char line[1024];
    bool old = false; /* inside a table that has been printed anew */

    while (fgets(line, sizeof(line), stdin)) {
        size_t t = asked(line);

        if (strcmp(line, "<!-- end -->\n") == 0)
            old = false;
        if (!old)
            fputs(line, stdout);
        if (t < COUNT(tables)) {
            putchar('\n');
            tables[t].print();
            old = true;
        }
    }
    if (old) {
        fputs("simulation: a table has no line '<!-- end -->'\n", stderr);
        return 2;
    }
    return 0;
}
