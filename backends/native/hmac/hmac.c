/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC over SHA-2.
 */
#include "backends/native/hmac/hmac.h"

#include <string.h>

void hmac_lanes_fill(const struct sha2_width *width, struct hmac_lanes *m, const struct hmac *key)
{
    width->fill(&m->inner, &key->inner);
    width->fill(&m->outer, &key->outer);
}

void hmac_lanes_init(const struct sha2 *h, const struct sha2_width *width, struct hmac_lanes *m,
                     const uint8_t *const key[], size_t key_size)
{
    union sha2_lanes digest;
    if (key_size <= h->block) {
        width->keys(h, &m->inner, &m->outer, key, key_size);
        return;
    }
    width->fill(&digest, h->start);
    width->finish(h, &digest, &digest, 0, key, key_size);
    width->keys_of(h, &m->inner, &m->outer, &digest);
    sha2_wipe(width, &digest);
}

void hmac_lanes_compute(const struct sha2 *h, const struct sha2_width *width, const struct hmac_lanes *m,
                        const uint8_t *const in[], size_t size, union sha2_lanes *tag)
{
    width->finish(h, tag, &m->inner, h->block, in, size);
    width->finish_of(h, tag, &m->outer, tag);
}

void hmac_lanes_wipe(const struct sha2_width *width, struct hmac_lanes *m)
{
    sha2_wipe(width, &m->inner);
    sha2_wipe(width, &m->outer);
}

void hmac_init(const struct sha2 *h, struct hmac *m, const uint8_t *key, size_t key_size)
{
    static const uint8_t nothing[1];
    struct hmac_lanes one;
    hmac_lanes_init(h, h->single, &one, (const uint8_t *const[]){key_size > 0 ? key : nothing}, key_size);
    m->inner = one.inner.state[0];
    m->outer = one.outer.state[0];
    hmac_lanes_wipe(h->single, &one);
}

void hmac_compute(const struct sha2 *h, const struct hmac *m, const uint8_t *in, size_t size, uint8_t *out)
{
    const struct sha2_width *single = h->single;
    struct hmac_lanes s;
    hmac_lanes_fill(single, &s, m);
    single->finish(h, &s.inner, &s.inner, h->block, &in, size);
    single->finish_of(h, &s.outer, &s.outer, &s.inner);
    single->write(h, &s.outer, &out, 1);
    sha2_wipe(single, &s.inner);
}
