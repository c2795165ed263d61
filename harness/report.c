// SPDX-License-Identifier: MIT
#include "report.h"

#include <math.h>

json_t *report_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *report_interval(struct stats_interval i)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:I}", "low", report_number(i.low), "middle",
                     report_number(i.middle), "high", report_number(i.high), "confidence",
                     report_number(i.confidence), "n", (json_int_t)i.n);
}

static json_t *report_memory(const struct result *row)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "dead_peak",
        report_interval(row->dead_peak), "object_bytes", report_interval(row->object_bytes),
        "header_bytes", report_number(row->header_bytes), "pause_ns",
        report_interval(row->pause_ns), "background_ns_per_op", report_interval(row->background_ns),
        "latency_ns", report_interval(row->latency_ns), "latency_p99_ns",
        report_interval(row->latency_p99_ns), "sent_bytes_per_op", report_interval(row->sent_bytes),
        "memory_kib", report_interval(row->memory_kib));
}

json_t *report_comparison(const struct comparison *c)
{
    json_t *speeds = json_object();
    for (enum speed speed = 0; speed < SPEEDS; speed++)
        if (c->at[speed].n != 0)
            json_object_set_new(speeds, speed_name(speed), report_interval(c->at[speed]));
    return json_pack(
        "{s:s, s:s, s:O, s:O, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:s, s:o, s:o, s:s}",
        "machine", c->with->machine, "family", c->with->family, "base", c->base->cell, "with",
        c->with->cell, "base_memory", report_memory(c->base), "with_memory", report_memory(c->with),
        "speed", speed_name(c->speed), "ratio", report_interval(c->ratio), "by_speed", speeds,
        "bootstrap", report_interval(c->bootstrap), "mixed", (json_int_t)c->mixed, "disturbed",
        (json_int_t)c->disturbed, "layout_share", report_number(c->layout_share), "claim",
        stats_verdict_name(c->claim.verdict), "claim_p", report_number(c->claim.p), "p",
        report_number(c->p), "verdict", stats_verdict_name(c->verdict));
}

json_t *report_checks(const struct checks *c)
{
    const double confidence = RESULTS_CONFIDENCE_PERCENT / 100.0;
    return json_pack(
        "{s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:I, s:o, s:o}", "same", (json_int_t)c->sames,
        "excluded", (json_int_t)c->excluded, "false_alarm_rate",
        report_interval(stats_proportion(c->excluded, c->sames, confidence)), "alarms",
        (json_int_t)c->alarms, "extra", (json_int_t)c->extras, "found", (json_int_t)c->found,
        "power", report_interval(stats_proportion(c->found, c->extras, confidence)), "few",
        (json_int_t)c->few, "noise", report_number(c->noise), "margin", report_number(c->margin));
}
