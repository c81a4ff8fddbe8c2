/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of signatures and key agreement, and as much DER as backend.h's forms of keys and signatures need.
 */
#include "bench/vectors/run.h"

#include <string.h>

#define DER_INTEGER  0x02
#define DER_SEQUENCE 0x30
#define DER_OCTETS   0x04
#define DER_HEAD_MAX 5u

void vec_run_verify(struct vec_run *run, enum assay_alg alg, struct assay_bytes public_key,
                    struct assay_bytes msg, struct assay_bytes sig)
{
    if (!vec_can(run, ASSAY_OP_SIGN, alg, run->backend ? run->backend->sign : NULL))
        return;
    const struct assay_sign_ops *ops = run->backend->sign;
    assay_key *key = NULL;
    const char *call = "key_public"; /* a wrong key may be refused here already */
    enum assay_rc rc = ops->key_public(run->instance, alg, public_key.data, public_key.size, &key);
    if (rc == ASSAY_OK) {
        call = "verify";
        rc = ops->verify(key, sig.data, sig.size, msg.data, msg.size);
    }
    vec_verdict(run, rc, call);
    ops->key_free(key);
}

void vec_run_sign(struct vec_run *run, enum assay_alg alg, struct assay_bytes private_key,
                  struct assay_bytes msg, struct assay_bytes sig)
{
    if (!vec_can(run, ASSAY_OP_SIGN, alg, run->backend ? run->backend->sign : NULL))
        return;
    const struct assay_sign_ops *ops = run->backend->sign;
    uint8_t *out = vec_alloc(run, ASSAY_SIG_MAX);
    size_t size = 0;
    assay_key *key = NULL;
    if (out &&
        vec_works(run, ops->key_private(run->instance, alg, private_key.data, private_key.size, &key),
                  "key_private") &&
        vec_works(run, ops->sign(key, out, &size, msg.data, msg.size), "sign")) {
        if (size == sig.size)
            vec_compare(run, out, sig.data, size, "the signature");
        else
            vec_wrong(run, "sign gives %zu octets, not %zu", size, sig.size);
    }
    ops->key_free(key);
}

void vec_run_kex(struct vec_run *run, enum assay_alg alg, struct assay_bytes scalar, struct assay_bytes peer,
                 struct assay_bytes secret)
{
    if (run->expect != VEC_INVALID && secret.size != 32)
        vec_wrong(run, "the vector's secret is %zu octets", secret.size);
    if (!vec_can(run, ASSAY_OP_KEX, alg, run->backend ? run->backend->kex : NULL))
        return;
    const struct assay_kex_ops *ops = run->backend->kex;
    uint8_t *out = vec_alloc(run, 32);
    assay_kex *kex = NULL;
    if (out && vec_works(run, ops->kex_new(run->instance, alg, scalar.data, scalar.size, &kex), "kex_new") &&
        vec_verdict(run, ops->derive(kex, out, peer.data, peer.size), "derive"))
        vec_compare(run, out, secret.data, secret.size, "the secret");
    ops->kex_free(kex);
}

static size_t der_head(uint8_t *out, uint8_t tag, size_t size)
{
    size_t n = 0;
    out[n++] = tag;
    if (size >= 0x100) {
        out[n++] = 0x82;
        out[n++] = (uint8_t)(size >> 8);
    } else if (size >= 0x80) {
        out[n++] = 0x81;
    }
    out[n++] = (uint8_t)size;
    return n;
}

/* The least octets of a number, with a zero before a set top bit (X.690 8.3). */
static size_t der_integer(uint8_t *out, struct assay_bytes in)
{
    while (in.size > 1 && in.data[0] == 0) {
        in.data++;
        in.size--;
    }
    bool pad = in.size == 0 || in.data[0] & 0x80;
    size_t n = der_head(out, DER_INTEGER, in.size + pad);
    if (pad)
        out[n++] = 0;
    if (in.size)
        memcpy(out + n, in.data, in.size);
    return n + in.size;
}

bool vec_der_pair(struct vec_run *run, struct assay_bytes a, struct assay_bytes b, struct assay_bytes *out)
{
    uint8_t body[2 * (1024 + DER_HEAD_MAX + 1)];
    if (a.size > 1024 || b.size > 1024)
        return false;
    size_t n = der_integer(body, a);
    n += der_integer(body + n, b);
    uint8_t *der = vec_alloc(run, DER_HEAD_MAX + n);
    if (!der)
        return false;
    size_t head = der_head(der, DER_SEQUENCE, n);
    memcpy(der + head, body, n);
    *out = (struct assay_bytes){der, head + n};
    return true;
}

/* Takes one element with this tag from the front of *in. */
static bool der_take(struct assay_bytes *in, uint8_t tag, struct assay_bytes *value)
{
    size_t at = 2, size = 0;
    if (in->size < 2 || in->data[0] != tag)
        return false;
    size = in->data[1];
    if (size > 0x82 || size == 0x80)
        return false;
    if (size > 0x80) {
        size_t octets = size & 0x7f;
        if (in->size < 2 + octets)
            return false;
        for (size = 0; octets > 0; octets--)
            size = size << 8 | in->data[at++];
    }
    if (size > in->size - at)
        return false;
    *value = (struct assay_bytes){in->data + at, size};
    in->data += at + size;
    in->size -= at + size;
    return true;
}

bool vec_pkcs8_inner(struct assay_bytes pkcs8, struct assay_bytes *out)
{
    struct assay_bytes info, skipped;
    return der_take(&pkcs8, DER_SEQUENCE, &info) && der_take(&info, DER_INTEGER, &skipped) &&
           der_take(&info, DER_SEQUENCE, &skipped) && der_take(&info, DER_OCTETS, out);
}
