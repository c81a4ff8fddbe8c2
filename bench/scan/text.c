/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64, hexadecimal and digests, as detectors need them: lenient, since a key with a flaw is a key still.
 */
#include "bench/scan/detect.h"

#include <sha2.h>
#include <string.h>

void assay_scan_digest(const uint8_t *data, size_t size, uint8_t digest[ASSAY_SCAN_DIGEST])
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, data, size);
    SHA256Final(digest, &context);
    explicit_bzero(&context, sizeof context);
}

bool assay_scan_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

int assay_scan_hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int assay_scan_base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* What stands between two lines of one text: blanks, the quotes of a string, comment signs, "\n" as JSON and
 * C write it. Returns its length, 0 for none. */
static size_t between(const uint8_t *text, size_t size)
{
    static const char filler[] = " \t\r\n\"',#>*|";
    if (text[0] == '\\' && size > 1 && text[1] && strchr("nrt\n\r", text[1]))
        return 2;
    return text[0] && strchr(filler, text[0]) ? 1 : 0;
}

size_t assay_scan_decode(const uint8_t *text, size_t size, bool hex, uint8_t *out, size_t room, size_t *end)
{
    const unsigned width = hex ? 4 : 6;
    size_t n = 0, i = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    while (i < size && n < room) {
        if (hex && held == 0 && text[i] == '0' && i + 1 < size && (text[i + 1] | 0x20) == 'x') {
            i += 2; /* as in an array of C */
            continue;
        }
        int value = hex ? assay_scan_hex_value(text[i]) : assay_scan_base64_value(text[i]);
        if (value < 0) {
            size_t skip = between(text + i, size - i);
            if (skip == 0)
                break;
            i += skip;
            continue;
        }
        /* '-----END': dashes are base64url only between letters */
        if (!hex && text[i] == '-' && i + 1 < size && text[i + 1] == '-')
            break;
        bits = (bits << width | (uint32_t)value) & 0xffffff;
        held += width;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
        i++;
    }
    *end = i;
    return n;
}
