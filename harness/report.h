// SPDX-License-Identifier: MIT
//
// What commands tell of comparisons as JSON. A figure that is none is null.
#ifndef REPORT_H
#define REPORT_H

#include "checks.h"

json_t *report_number(double x);
json_t *report_interval(struct stats_interval i);
// With everything that a comparison knows, its cells' specifications, too.
json_t *report_comparison(const struct comparison *c);
// Rates, noise and margin; not the comparisons.
json_t *report_checks(const struct checks *c);

#endif
