/* SPDX-License-Identifier: Apache-2.0
 *
 * A message is cut into segments of one size (and a rest), which threads share; the calling thread joins
 * their hashes.
 */
#include "backends/native/aes_gcm/parallel.h"

#include <string.h>

#define SEGMENTS_MAX 128u

struct message {
    const struct gcm_variant *gcm;
    struct gcm_key *key;
    const uint8_t *nonce, *in;
    uint8_t *out;
    size_t size, segment;
    bool seal, far;
    uint8_t hash[SEGMENTS_MAX][16];
};

static void one_segment(void *data, unsigned part)
{
    struct message *m = data;
    size_t at = part * m->segment, left = m->size - at;
    const struct gcm_segment segment = {.nonce = m->nonce,
                                        .counter = (uint32_t)(2 + at / 16),
                                        .out = m->out + at,
                                        .in = m->in + at,
                                        .size = left < m->segment ? left : m->segment,
                                        .seal = m->seal,
                                        .far = m->far};
    m->gcm->segment(m->key, m->hash[part], &segment);
}

/* Crypts all of it; the tag that belongs to it goes to `tag`. */
static void whole_message(const struct gcm_parallel *by, struct message *m, const uint8_t *aad,
                          size_t aad_size, uint8_t tag[16])
{
    uint8_t hash[16];
    size_t least = (m->size + SEGMENTS_MAX - 1) / SEGMENTS_MAX;
    m->gcm = by->gcm;
    m->far = m->size >= by->far_from;
    m->segment = least <= by->segment ? by->segment : (least + 4095) / 4096 * 4096;
    size_t count = (m->size + m->segment - 1) / m->segment, last = m->size - (count - 1) * m->segment;
    memset(m->hash, 0, count * 16);
    m->gcm->segments_begin(m->key, hash, aad, aad_size);
    pool_run(by->pool, one_segment, m, (unsigned)count);
    m->gcm->segments_join(m->key, hash, m->hash, count, m->segment / 16, (last + 15) / 16);
    m->gcm->segments_end(m->key, hash, m->nonce, aad_size, m->size, tag);
    explicit_bzero(m->hash, count * 16);
    explicit_bzero(hash, sizeof hash);
}

void gcm_parallel_seal(const struct gcm_parallel *by, struct gcm_key *key, uint8_t *out,
                       const uint8_t nonce[12], const uint8_t *in, size_t size, const uint8_t *aad,
                       size_t aad_size)
{
    struct message m = {.key = key, .nonce = nonce, .in = in, .out = out, .size = size, .seal = true};
    whole_message(by, &m, aad, aad_size, out + size);
}

/* Looks at all bytes, whatever they are. */
static bool tags_equal(const uint8_t a[16], const uint8_t b[16])
{
    uint8_t differ = 0;
    for (size_t i = 0; i < 16; i++)
        differ |= a[i] ^ b[i];
    __asm__("" : "+r"(differ));
    return differ == 0;
}

bool gcm_parallel_open(const struct gcm_parallel *by, struct gcm_key *key, uint8_t *out,
                       const uint8_t nonce[12], const uint8_t *in, size_t size, const uint8_t *aad,
                       size_t aad_size)
{
    uint8_t tag[16];
    struct message m = {.key = key, .nonce = nonce, .in = in, .out = out, .size = size, .seal = false};
    whole_message(by, &m, aad, aad_size, tag);
    bool right = tags_equal(tag, in + size);
    explicit_bzero(tag, sizeof tag);
    if (!right)
        explicit_bzero(out, size);
    return right;
}
