/* SPDX-License-Identifier: Apache-2.0
 *
 * The generator of random bytes: no repeats, neither over refills nor over a fork.
 */
#include "backends/native/native.h"
#include "tests/check/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a forked child draws next, which must be nothing that the parent draws. */
static bool child_differs(assay_instance *instance)
{
    uint8_t mine[32] = {0}, theirs[32] = {0};
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        bool ok = native_rand.bytes(instance, theirs, 32) == ASSAY_OK && write(ends[1], theirs, 32) == 32;
        _exit(ok ? 0 : 1);
    }
    bool ok =
        child > 0 && native_rand.bytes(instance, mine, 32) == ASSAY_OK && read(ends[0], theirs, 32) == 32;
    if (child > 0)
        waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return ok && memcmp(mine, theirs, 32) != 0;
}

/* 4,000 draws of 16 bytes go through the pool some sixty times; sorted, no two neighbours are equal. */
static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

void check_rand(uint32_t features)
{
    static uint8_t drawn[4000][16];
    for (size_t i = 0; gcm_variants[i] != NULL; i++) {
        struct assay_instance instance = {.gcm = gcm_variants[i]};
        bool ok = true, repeated = false;
        if (!check_wanted(gcm_variants[i]->name, gcm_variants[i]->needs, features))
            continue;
        for (size_t n = 0; n < 4000; n++)
            ok = native_rand.bytes(&instance, drawn[n], 16) == ASSAY_OK && ok;
        qsort(drawn, 4000, 16, by_bytes);
        for (size_t n = 1; n < 4000; n++)
            repeated = repeated || memcmp(drawn[n - 1], drawn[n], 16) == 0;
        check_that(ok && !repeated, "%s random bytes repeat", gcm_variants[i]->name);
        check_that(child_differs(&instance), "%s a forked child draws what its parent draws",
                   gcm_variants[i]->name);
    }
}
