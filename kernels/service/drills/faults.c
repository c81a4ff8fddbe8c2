/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/drills/faults.h"

static bool fails(struct assay_faulty_store *f, bool writes)
{
    bool yes = f->mode == ASSAY_FAULTY_GONE || (f->mode == ASSAY_FAULTY_READ_ONLY && writes);
    f->failed += yes;
    return yes;
}

static enum assay_rc faulty_put(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                                uint64_t ttl_ms)
{
    struct assay_faulty_store *f = store->state;
    return fails(f, true) ? ASSAY_LIBRARY : f->inner->put(f->inner, key, value, ttl_ms);
}

static enum assay_rc faulty_put_if_absent(struct assay_store *store, struct assay_bytes key,
                                          struct assay_bytes value, uint64_t ttl_ms, bool *stored)
{
    struct assay_faulty_store *f = store->state;
    *stored = false;
    return fails(f, true) ? ASSAY_LIBRARY : f->inner->put_if_absent(f->inner, key, value, ttl_ms, stored);
}

static enum assay_rc faulty_get(struct assay_store *store, struct assay_bytes key, uint8_t *out, size_t *size,
                                bool *found)
{
    struct assay_faulty_store *f = store->state;
    *size = 0;
    *found = false;
    return fails(f, false) ? ASSAY_LIBRARY : f->inner->get(f->inner, key, out, size, found);
}

static enum assay_rc faulty_del(struct assay_store *store, struct assay_bytes key, bool *found)
{
    struct assay_faulty_store *f = store->state;
    *found = false;
    return fails(f, true) ? ASSAY_LIBRARY : f->inner->del(f->inner, key, found);
}

static const char *faulty_error(struct assay_store *store)
{
    struct assay_faulty_store *f = store->state;
    static const char *const texts[] = {
        [ASSAY_FAULTY_GONE] = "the store does not answer",
        [ASSAY_FAULTY_READ_ONLY] = "the store takes no writes",
    };
    return f->mode == ASSAY_FAULTY_NOT ? f->inner->last_error(f->inner) : texts[f->mode];
}

void assay_faulty_store_init(struct assay_faulty_store *f, struct assay_store *inner)
{
    *f = (struct assay_faulty_store){.store = {inner->name, f, faulty_put, faulty_put_if_absent, faulty_get,
                                               faulty_del, faulty_error, NULL},
                                     .inner = inner};
}

static bool kms_fails(struct assay_faulty_kms *f, bool makes)
{
    bool yes = f->mode == ASSAY_FAULTY_GONE || (f->mode == ASSAY_FAULTY_READ_ONLY && makes);
    f->failed += yes;
    return yes;
}

static enum assay_rc kms_wrap(struct assay_kms *kms, uint8_t *out, struct assay_bytes dek,
                              struct assay_bytes aad)
{
    struct assay_faulty_kms *f = kms->state;
    return kms_fails(f, true) ? ASSAY_LIBRARY : f->inner->wrap(f->inner, out, dek, aad);
}

static enum assay_rc kms_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                struct assay_bytes aad)
{
    struct assay_faulty_kms *f = kms->state;
    return kms_fails(f, false) ? ASSAY_LIBRARY : f->inner->unwrap(f->inner, dek, wrapped, aad);
}

static enum assay_rc kms_sign(struct assay_kms *kms, uint8_t *sig, size_t *sig_size,
                              struct assay_bytes message)
{
    struct assay_faulty_kms *f = kms->state;
    return kms_fails(f, true) ? ASSAY_LIBRARY : f->inner->sign(f->inner, sig, sig_size, message);
}

static enum assay_rc kms_public(struct assay_kms *kms, uint8_t point[65])
{
    struct assay_faulty_kms *f = kms->state;
    return kms_fails(f, false) ? ASSAY_LIBRARY : f->inner->public_key(f->inner, point);
}

static enum assay_rc kms_ping(struct assay_kms *kms)
{
    struct assay_faulty_kms *f = kms->state;
    return kms_fails(f, false) ? ASSAY_LIBRARY : f->inner->ping(f->inner);
}

static const char *kms_error(struct assay_kms *kms)
{
    struct assay_faulty_kms *f = kms->state;
    static const char *const texts[] = {
        [ASSAY_FAULTY_GONE] = "the KMS does not answer",
        [ASSAY_FAULTY_READ_ONLY] = "the KMS wraps and signs no more",
    };
    return f->mode == ASSAY_FAULTY_NOT ? f->inner->last_error(f->inner) : texts[f->mode];
}

void assay_faulty_kms_init(struct assay_faulty_kms *f, struct assay_kms *inner)
{
    *f = (struct assay_faulty_kms){
        .kms = {inner->name, f, kms_wrap, kms_unwrap, kms_sign, kms_public, kms_ping, kms_error, NULL},
        .inner = inner};
}
