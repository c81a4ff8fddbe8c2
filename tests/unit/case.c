/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of cases: each case of the registry survives format and parse; what is no key is refused by naming
 * why.
 */
#include "kernels/kernel.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void round_trip(const struct assay_case *c, unsigned threads)
{
    char key[ASSAY_KEY_MAX], again[ASSAY_KEY_MAX], why[512] = "";
    struct assay_case parsed;
    unsigned got = 0;
    assay_case_format(c, threads, key);
    if (strlen(key) == ASSAY_KEY_MAX - 1 || strchr(key, '?')) {
        printf("not ok: %s: the key is cut short or names no value\n", key);
        failures++;
    }
    if (!assay_case_parse(key, &parsed, &got, why, sizeof why)) {
        printf("not ok: %s: %s\n", key, why);
        failures++;
        return;
    }
    assay_case_format(&parsed, got, again);
    if (parsed.kernel != c->kernel || got != threads ||
        memcmp(parsed.value, c->value, sizeof c->value) != 0 || strcmp(key, again) != 0) {
        printf("not ok: %s is read as %s\n", key, again);
        failures++;
    }
}

static void refused(const char *key, const char *said)
{
    char why[512] = "";
    struct assay_case c;
    unsigned threads;
    if (assay_case_parse(key, &c, &threads, why, sizeof why) || !strstr(why, said)) {
        printf("not ok: '%s' is refused with '%s', not '%s'\n", key, why, said);
        failures++;
    }
}

int main(void)
{
    size_t cases = 0;
    char longest[2 * ASSAY_KEY_MAX];
    for (size_t k = 0; assay_kernels[k]; k++) {
        struct assay_case c;
        size_t index = 0, before = cases;
        while (assay_case_next(assay_kernels[k], &index, &c)) {
            round_trip(&c, 1);
            round_trip(&c, 256);
            cases++;
        }
        if (cases == before) {
            printf("not ok: %s has no case\n", assay_kernels[k]->id);
            failures++;
        }
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    refused("", "no kernel ''");
    refused("/", "no kernel");
    refused(longest, "longer than");
    refused("nosuch/64/t1", "no kernel 'nosuch'");
    refused("hash/md4/64/t1", "'md4' is not one of sha256");
    refused("hash/sha256/65/t1", "'65' is not one of");
    refused("hash/sha256/t1", "'t1' is not one of");
    refused("hash/sha256/64", "'' is not a number of threads");
    refused("hash/sha256/64/t0", "'t0' is not a number of threads");
    refused("hash/sha256/64/t", "'t' is not a number of threads");
    refused("hash/sha256/64/t1x", "'t1x' is not a number of threads");
    refused("hash/sha256/64/t-1", "'t-1' is not a number of threads");
    refused("hash/sha256/64/t4097", "'t4097' is not a number of threads");
    refused("hash/sha256/64/t1/x", "more parts");
    /* One case has one key. */
    refused("hash//sha256/64/t1", "is written");
    refused("hash/sha256/64/t01", "is written");
    refused("hash/sha256/64/t+1", "is written");
    refused("/hash/sha256/64/t1", "is written");
    refused("hash/sha256/64/t1/", "is written");
    printf("%zu cases\n", cases);
    return failures != 0;
}
