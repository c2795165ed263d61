// SPDX-License-Identifier: MIT
//
// bytecode_check FILE...: prints of each program whether it is one, "FILE: ok" or what is wrong
// with it. For tests of the compiler of programs.
#include "workloads/interp/bytecode.h"

// The whole file; NULL if it cannot be read.
static char *contents(const char *path, size_t *length)
{
    char *bytes = NULL, part[4096];
    FILE *from = fopen(path, "r"), *to = open_memstream(&bytes, length);
    size_t n;

    if (from == NULL || to == NULL)
        return NULL;
    while ((n = fread(part, 1, sizeof part, from)) > 0)
        fwrite(part, 1, n, to);
    bool ok = ferror(from) == 0;
    fclose(from);
    return fclose(to) == 0 && ok ? bytes : NULL;
}

int main(int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        char error[400];
        size_t length;
        char *bytes = contents(argv[i], &length);

        if (bytes == NULL) {
            perror(argv[i]);
            return 2;
        }
        struct bytecode *b = bytecode_read(bytes, length, error, sizeof error);
        printf("%s: %s\n", argv[i], b != NULL ? "ok" : error);
        if (b == NULL)
            status = 1;
        bytecode_free(b);
        free(bytes);
    }
    return status;
}
