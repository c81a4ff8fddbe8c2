/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests that are no finding.
 */
#include "bench/scan/detect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct assay_scan_allow *allow, const char *digits)
{
    uint8_t(*more)[ASSAY_SCAN_DIGEST] = realloc(allow->digest, (allow->count + 1) * sizeof *more);
    if (!more)
        return false;
    allow->digest = more;
    for (size_t i = 0; i < ASSAY_SCAN_DIGEST; i++)
        more[allow->count][i] = (uint8_t)(assay_scan_hex_value((uint8_t)digits[2 * i]) << 4 |
                                          assay_scan_hex_value((uint8_t)digits[2 * i + 1]));
    allow->count++;
    return true;
}

/* What is wrong with a line, or NULL. */
static const char *fault(const char *line)
{
    if (strspn(line, "0123456789abcdefABCDEF") != (size_t)2 * ASSAY_SCAN_DIGEST)
        return "not a SHA-256 digest of 64 hexadecimal digits";
    const char *rest = line + (size_t)2 * ASSAY_SCAN_DIGEST;
    if (!strchr(" \t", *rest) || !rest[strspn(rest, " \t\r\n")])
        return "no comment behind the digest: say what it is";
    return NULL;
}

bool assay_scan_allow_read(struct assay_scan_allow *allow, const char *path, char error[ASSAY_SCAN_ERROR_MAX])
{
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(error, ASSAY_SCAN_ERROR_MAX, "%s: %s", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    for (unsigned number = 1; ok && getline(&line, &room, file) >= 0; number++) {
        if (!line[strspn(line, " \t\r\n")] || line[0] == '#')
            continue;
        const char *why = fault(line);
        if (!why && !add(allow, line))
            why = "out of memory";
        ok = !why;
        if (why)
            snprintf(error, ASSAY_SCAN_ERROR_MAX, "%s:%u: %s", path, number, why);
    }
    if (ok && ferror(file)) {
        ok = false;
        snprintf(error, ASSAY_SCAN_ERROR_MAX, "%s: %s", path, strerror(errno));
    }
    free(line);
    fclose(file);
    return ok;
}

bool assay_scan_allowed(const struct assay_scan_allow *allow, const uint8_t digest[ASSAY_SCAN_DIGEST])
{
    for (size_t i = 0; i < allow->count; i++)
        if (memcmp(allow->digest[i], digest, ASSAY_SCAN_DIGEST) == 0)
            return true;
    return false;
}

void assay_scan_allow_free(struct assay_scan_allow *allow)
{
    free(allow->digest);
    *allow = (struct assay_scan_allow){0};
}
