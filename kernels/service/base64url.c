/* SPDX-License-Identifier: Apache-2.0
 *
 * base64url by table: four characters are three octets.
 */
#include "kernels/service/base64url.h"

static const char alphabet[64] = {'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M',
                                  'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
                                  'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
                                  'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
                                  '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_'};

#define NONE 255u /* bits above the six show it */

/* clang-format off */
static const uint8_t values[128] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62, 255, 255,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255, 255, 255, 255, 255,
    255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 255, 255, 255, 255, 63,
    255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255};
/* clang-format on */

static uint32_t value_of(char c)
{
    unsigned char u = (unsigned char)c;
    return u < sizeof values ? values[u] : NONE;
}

bool assay_base64url_decode(const char *in, size_t in_size, uint8_t *out, size_t room, size_t *size)
{
    size_t rest = in_size % 4, octets = in_size / 4 * 3 + (rest ? rest - 1 : 0), i = 0, o = 0;
    uint32_t bad = 0;
    *size = 0;
    if (rest == 1 || octets > room)
        return false;
    for (; i + 4 <= in_size; i += 4, o += 3) {
        uint32_t a = value_of(in[i]), b = value_of(in[i + 1]), c = value_of(in[i + 2]),
                 d = value_of(in[i + 3]);
        bad |= (a | b | c | d) & 0xc0;
        uint32_t word = a << 18 | b << 12 | c << 6 | d;
        out[o] = (uint8_t)(word >> 16);
        out[o + 1] = (uint8_t)(word >> 8);
        out[o + 2] = (uint8_t)word;
    }
    if (rest) {
        uint32_t a = value_of(in[i]), b = value_of(in[i + 1]), c = rest == 3 ? value_of(in[i + 2]) : 0;
        uint32_t word = a << 18 | b << 12 | c << 6;
        bad |= ((a | b | c) & 0xc0) | (word & (rest == 3 ? 0xff : 0xffff)); /* RFC 4648 §3.5 */
        out[o++] = (uint8_t)(word >> 16);
        if (rest == 3)
            out[o] = (uint8_t)(word >> 8);
    }
    if (bad)
        return false;
    *size = octets;
    return true;
}

size_t assay_base64url_encode(const uint8_t *in, size_t size, char *out)
{
    size_t i = 0, o = 0;
    for (; i + 3 <= size; i += 3, o += 4) {
        uint32_t word = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        out[o] = alphabet[word >> 18];
        out[o + 1] = alphabet[word >> 12 & 63];
        out[o + 2] = alphabet[word >> 6 & 63];
        out[o + 3] = alphabet[word & 63];
    }
    if (i < size) {
        uint32_t word = (uint32_t)in[i] << 16 | (i + 1 < size ? (uint32_t)in[i + 1] << 8 : 0);
        out[o++] = alphabet[word >> 18];
        out[o++] = alphabet[word >> 12 & 63];
        if (i + 1 < size)
            out[o++] = alphabet[word >> 6 & 63];
    }
    return o;
}
