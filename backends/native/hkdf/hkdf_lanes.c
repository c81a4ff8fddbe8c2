/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF-SHA256 of sixteen inputs at once.
 */
#include "backends/native/hkdf/hkdf.h"
#include "backends/native/hmac/hmac_lanes.h"

#include <string.h>

static const uint8_t nothing[1];

/* An empty input may come as NULL, which no lane could add a number to. */
static const uint8_t *at(struct hkdf_part part)
{
    return part.data != NULL ? part.data : nothing;
}

static void extract(const struct hkdf *k, const struct hkdf_inputs *in, struct sha2_lanes *prk)
{
    const uint8_t *part[SHA2_LANES];
    struct hmac_lanes key;
    if (in[0].salt.size > 0) {
        for (size_t lane = 0; lane < SHA2_LANES; lane++)
            part[lane] = at(in[lane].salt);
        hmac_lanes_init(k->hash, &key, part, in[0].salt.size);
    } else {
        hmac_lanes_fill(&key, &k->no_salt);
    }
    for (size_t lane = 0; lane < SHA2_LANES; lane++)
        part[lane] = at(in[lane].ikm);
    hmac_lanes_compute(k->hash, &key, part, in[0].ikm.size, prk);
}

/* RFC 5869 2.3: T(i) = HMAC(PRK, T(i - 1) | info | i); block holds what is hashed, T first. */
void hkdf_lanes_derive(const struct hkdf *k, uint8_t *out, size_t out_size,
                       const struct hkdf_inputs in[SHA2_LANES], size_t count)
{
    uint8_t block[SHA2_LANES][32 + HKDF_LANES_INFO + 1];
    const uint8_t *from[SHA2_LANES];
    uint8_t *t[SHA2_LANES];
    struct sha2_lanes tag;
    struct hmac_lanes prk;
    size_t info = in[0].info.size;
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        t[lane] = block[lane];
        memcpy(block[lane] + 32, at(in[lane].info), info);
    }
    extract(k, in, &tag);
    hmac_lanes_init_digest(k->hash, &prk, &tag);
    for (size_t done = 0, number = 1; done < out_size; done += 32, number++) {
        size_t skip = number == 1 ? 32 : 0, take = out_size - done < 32 ? out_size - done : 32;
        for (size_t lane = 0; lane < SHA2_LANES; lane++) {
            block[lane][32 + info] = (uint8_t)number;
            from[lane] = block[lane] + skip;
        }
        hmac_lanes_compute(k->hash, &prk, from, 32 - skip + info + 1, &tag);
        sha2_lanes_write(&tag, t);
        for (size_t lane = 0; lane < count; lane++)
            memcpy(out + lane * out_size + done, t[lane], take);
    }
    explicit_bzero(&prk, sizeof prk);
    explicit_bzero(&tag, sizeof tag);
    explicit_bzero(block, sizeof block);
}
