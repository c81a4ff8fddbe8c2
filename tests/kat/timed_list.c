/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of timed digests names cases that exist, each once, with a SHA-256 each: a key that was renamed
 * would otherwise just never be looked up.
 */
#include "kernels/kernel.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *key, *digest;
} timed[] = {
#include "kernels/vectors/timed.inc"
};

static bool first(size_t i)
{
    size_t j = 0;
    while (strcmp(timed[j].key, timed[i].key) != 0)
        j++;
    return j == i;
}

static bool one(size_t i)
{
    struct assay_case c;
    unsigned threads;
    char key[ASSAY_KEY_MAX], why[256] = "";
    snprintf(key, sizeof key, "%s/t1", timed[i].key);
    bool well = assay_case_parse(key, &c, &threads, why, sizeof why) && strlen(timed[i].digest) == 64 &&
                strspn(timed[i].digest, "0123456789abcdef") == 64 && first(i);
    if (!well)
        printf("%s: not a case, listed twice, or no SHA-256; %s\n", timed[i].key, why);
    return well;
}

int main(void)
{
    unsigned bad = 0;
    for (size_t i = 0; i < ASSAY_COUNT(timed); i++)
        bad += !one(i);
    printf("%zu digests listed, %u bad\n", ASSAY_COUNT(timed), bad);
    return bad > 0;
}
