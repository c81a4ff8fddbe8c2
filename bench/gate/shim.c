/* SPDX-License-Identifier: Apache-2.0
 *
 * A module around another module that repeats every n-th call of an operation, whole: a known slow-down, for
 * the gate to find. The side that is not slowed down runs through it too (every=0), so that what the shim
 * itself costs is on both.
 *
 * Options: inner=FILE, the module to wrap; every=N; all others go to it. Only operations that give the same
 * answer when they are repeated are wrapped: streams, handshakes and key generation run as they are.
 */
#include "backends/backend.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32

static const struct assay_backend *inner;
static unsigned long every;
static char error_text[256];

static struct assay_backend outer;
static struct assay_aead_ops aead;
static struct assay_hash_ops hash;
static struct assay_mac_ops mac;
static struct assay_kdf_ops kdf;
static struct assay_wrap_ops wrap;
static struct assay_sign_ops sign;
static struct assay_kex_ops kex;
static struct assay_kem_ops kem;

/* Is it this call's turn to be repeated? */
static bool again(void)
{
    static _Thread_local unsigned long calls;
    return every > 0 && ++calls % every == 0;
}

/* Calls, and calls once more when it is the turn; the second answer counts. */
#define REPEATED(call)                                                                                       \
    do {                                                                                                     \
        enum assay_rc rc = call;                                                                             \
        return rc == ASSAY_OK && again() ? call : rc;                                                        \
    } while (0)

static enum assay_rc aead_rekey(assay_aead *a, const uint8_t *key)
{
    REPEATED(inner->aead->rekey(a, key));
}

static enum assay_rc aead_seal(assay_aead *a, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (out == in) /* in place there is no second time */
        return inner->aead->seal(a, out, nonce, in, in_size, aad, aad_size);
    REPEATED(inner->aead->seal(a, out, nonce, in, in_size, aad, aad_size));
}

static enum assay_rc aead_open(assay_aead *a, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (out == in)
        return inner->aead->open(a, out, nonce, in, in_size, aad, aad_size);
    REPEATED(inner->aead->open(a, out, nonce, in, in_size, aad, aad_size));
}

static enum assay_rc aead_seal_fetch(assay_instance *i, enum assay_alg alg, const uint8_t *key, uint8_t *out,
                                     const uint8_t nonce[12], const uint8_t *in, size_t in_size,
                                     const uint8_t *aad, size_t aad_size)
{
    REPEATED(inner->aead->seal_fetch(i, alg, key, out, nonce, in, in_size, aad, aad_size));
}

static enum assay_rc hash_digest(assay_hash *h, uint8_t *out, const uint8_t *in, size_t in_size)
{
    REPEATED(inner->hash->digest(h, out, in, in_size));
}

static enum assay_rc mac_compute(assay_mac *m, uint8_t *out, const uint8_t *in, size_t in_size)
{
    REPEATED(inner->mac->compute(m, out, in, in_size));
}

static enum assay_rc kdf_hkdf(assay_kdf *k, uint8_t *out, size_t out_size, const struct assay_hkdf_input *in)
{
    REPEATED(inner->kdf->hkdf(k, out, out_size, in));
}

static enum assay_rc wrap_wrap(assay_wrap *w, uint8_t *out, size_t *out_size, const uint8_t *in,
                               size_t in_size)
{
    REPEATED(inner->wrap->wrap(w, out, out_size, in, in_size));
}

static enum assay_rc wrap_unwrap(assay_wrap *w, uint8_t *out, size_t *out_size, const uint8_t *in,
                                 size_t in_size)
{
    REPEATED(inner->wrap->unwrap(w, out, out_size, in, in_size));
}

static enum assay_rc sign_sign(assay_key *k, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                               size_t in_size)
{
    REPEATED(inner->sign->sign(k, sig, sig_size, in, in_size));
}

static enum assay_rc sign_verify(assay_key *k, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                 size_t in_size)
{
    REPEATED(inner->sign->verify(k, sig, sig_size, in, in_size));
}

static enum assay_rc kex_derive(assay_kex *k, uint8_t secret[32], const uint8_t *peer, size_t peer_size)
{
    REPEATED(inner->kex->derive(k, secret, peer, peer_size));
}

static enum assay_rc kem_encapsulate(assay_kem *k, uint8_t *out, size_t *out_size, uint8_t secret[32])
{
    REPEATED(inner->kem->encapsulate(k, out, out_size, secret));
}

static enum assay_rc kem_decapsulate(assay_kem *k, uint8_t secret[32], const uint8_t *in, size_t in_size)
{
    REPEATED(inner->kem->decapsulate(k, secret, in, in_size));
}

/* A copy of the inner table, as long as that says it is. */
static const void *copied(void *room, size_t room_size, const void *table, size_t table_size)
{
    return table ? memcpy(room, table, table_size < room_size ? table_size : room_size) : NULL;
}

#define COPIED(name) copied(&name, sizeof name, inner->name, inner->name ? inner->name->size : 0)
#define WRAPPED(table, function, by)                                                                         \
    do {                                                                                                     \
        if ((table).function)                                                                                \
            (table).function = by;                                                                           \
    } while (0)

static void wrap_tables(void)
{
    outer.aead = COPIED(aead);
    outer.hash = COPIED(hash);
    outer.mac = COPIED(mac);
    outer.kdf = COPIED(kdf);
    outer.wrap = COPIED(wrap);
    outer.sign = COPIED(sign);
    outer.kex = COPIED(kex);
    outer.tls = inner->tls;
    outer.rand = inner->rand;
    bool has_kem = inner->size >= offsetof(struct assay_backend, kem) + sizeof inner->kem;
    outer.kem = has_kem ? COPIED(kem) : NULL;
    WRAPPED(aead, rekey, aead_rekey);
    WRAPPED(aead, seal, aead_seal);
    WRAPPED(aead, open, aead_open);
    WRAPPED(aead, seal_fetch, aead_seal_fetch);
    WRAPPED(hash, digest, hash_digest);
    WRAPPED(mac, compute, mac_compute);
    WRAPPED(kdf, hkdf, kdf_hkdf);
    WRAPPED(wrap, wrap, wrap_wrap);
    WRAPPED(wrap, unwrap, wrap_unwrap);
    WRAPPED(sign, sign, sign_sign);
    WRAPPED(sign, verify, sign_verify);
    WRAPPED(kex, derive, kex_derive);
    WRAPPED(kem, encapsulate, kem_encapsulate);
    WRAPPED(kem, decapsulate, kem_decapsulate);
}

static enum assay_rc fail(const char *what, const char *detail)
{
    snprintf(error_text, sizeof error_text, "shim: %s%s", what, detail ? detail : "");
    return ASSAY_INPUT;
}

static enum assay_rc load(const char *path)
{
    const struct assay_backend *(*get)(uint32_t);
    void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    void *symbol = handle ? dlsym(handle, "assay_backend_get") : NULL;
    if (!symbol)
        return fail("inner=FILE must name a module: ", path ? dlerror() : "it is missing");
    memcpy(&get, &symbol, sizeof get);
    inner = get(ASSAY_ABI);
    if (!inner)
        return fail("the module is of another ABI: ", path);
    wrap_tables();
    return ASSAY_OK;
}

static enum assay_rc shim_create(const struct assay_host *host, const struct assay_option *options,
                                 size_t count, assay_instance **out)
{
    struct assay_option passed[OPTIONS_MAX];
    size_t n = 0;
    const char *path = NULL;
    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, "inner") == 0)
            path = options[i].value;
        else if (strcmp(options[i].name, "every") == 0)
            every = strtoul(options[i].value, NULL, 10);
        else if (n < OPTIONS_MAX)
            passed[n++] = options[i];
    }
    enum assay_rc rc = load(path);
    return rc == ASSAY_OK ? inner->create(host, passed, n, out) : rc;
}

static void shim_destroy(assay_instance *i)
{
    if (inner)
        inner->destroy(i);
}

static enum assay_rc shim_identify(assay_instance *i, struct assay_identity *id)
{
    return inner->identify(i, id);
}

static bool shim_supports(assay_instance *i, enum assay_op op, enum assay_alg alg, char *why, size_t why_size)
{
    return inner->supports(i, op, alg, why, why_size);
}

static enum assay_rc shim_describe(assay_instance *i, enum assay_op op, enum assay_alg alg,
                                   struct assay_service *service)
{
    return inner->describe ? inner->describe(i, op, alg, service) : ASSAY_UNSUPPORTED;
}

static const char *shim_last_error(assay_instance *i)
{
    return inner ? inner->last_error(i) : error_text;
}

/* The tables that are not wrapped are the inner module's own, known once it is loaded by create(). */
static struct assay_backend outer = {
    .abi = ASSAY_ABI,
    .size = sizeof outer,
    .name = "shim",
    .create = shim_create,
    .destroy = shim_destroy,
    .identify = shim_identify,
    .supports = shim_supports,
    .describe = shim_describe,
    .last_error = shim_last_error,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &outer : NULL;
}
