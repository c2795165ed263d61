// SPDX-License-Identifier: MIT
//
// Any bytes are refused with a message, or are a store whose export, imported again, is the same
// export. For libFuzzer, from the seeds in import.corpus/.
#include "archive.h"

#include <stdint.h>
#include <string.h>

struct text {
    char *data;
    size_t n;
};

static void must(bool ok, const char *what, const struct error *e)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, e->text);
    abort();
}

// False: refused. `out`: the export of what was taken, the caller's.
static bool round_trip(const struct text *in, struct text *out, struct error *e)
{
    struct store *s = store_create(":memory:", e);
    must(s != NULL, "no store", e);
    FILE *from = fmemopen(in->data, in->n, "r");
    bool ok = archive_import(s, from, "text", e);
    fclose(from);
    if (ok) {
        FILE *to = open_memstream(&out->data, &out->n);
        must(archive_export(s, to, e), "what was taken is not exported", e);
        fclose(to);
    } else if (strncmp(e->text, "text:", 5) != 0) {
        must(false, "refused without the line", e);
    }
    store_close(s);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct text in = {(char *)data, n}, first = {0}, second = {0};
    struct error e = {""};
    if (n == 0 || !round_trip(&in, &first, &e))
        return 0;
    must(round_trip(&first, &second, &e), "its own export is refused", &e);
    must(first.n == second.n && memcmp(first.data, second.data, first.n) == 0,
         "the second export differs from the first", &e);
    free(first.data);
    free(second.data);
    return 0;
}
