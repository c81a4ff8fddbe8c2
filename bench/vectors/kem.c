/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of key encapsulation. The randomness of a published encapsulation is no input of backend.h, so of
 * such a test only the public key counts: is it accepted, as it should be?
 */
#include "bench/vectors/run.h"
#include "kernels/kernel.h"

static const struct assay_kem_ops *table(struct vec_run *run, enum assay_alg alg)
{
    const struct assay_kem_ops *ops = run->backend && ASSAY_HAS(run->backend, kem) ? run->backend->kem : NULL;
    return vec_can(run, ASSAY_OP_KEM, alg, ops) ? ops : NULL;
}

void vec_run_kem_keygen(struct vec_run *run, enum assay_alg alg, struct assay_bytes seed,
                        struct assay_bytes public_key)
{
    const struct assay_kem_ops *ops = table(run, alg);
    if (!ops)
        return;
    uint8_t *out = vec_alloc(run, ASSAY_KEM_MAX);
    size_t size = 0;
    assay_kem *kem = NULL;
    if (out &&
        vec_verdict(run, ops->kem_private(run->instance, alg, seed.data, seed.size, &kem), "kem_private") &&
        vec_works(run, ops->public_value(kem, out, &size), "public_value")) {
        if (size == public_key.size)
            vec_compare(run, out, public_key.data, size, "the public key");
        else
            vec_wrong(run, "public_value gives %zu octets, not %zu", size, public_key.size);
    }
    ops->kem_free(kem);
}

void vec_run_kem_public(struct vec_run *run, enum assay_alg alg, struct assay_bytes public_key)
{
    const struct assay_kem_ops *ops = table(run, alg);
    if (!ops)
        return;
    uint8_t *out = vec_alloc(run, ASSAY_KEM_MAX), secret[32];
    size_t size = 0;
    assay_kem *kem = NULL;
    const char *call = "kem_public"; /* a wrong key may be refused here already */
    enum assay_rc rc = ops->kem_public(run->instance, alg, public_key.data, public_key.size, &kem);
    if (out && rc == ASSAY_OK) {
        call = "encapsulate";
        rc = ops->encapsulate(kem, out, &size, secret);
    }
    vec_verdict(run, rc, call);
    ops->kem_free(kem);
}

void vec_run_decapsulate(struct vec_run *run, enum assay_alg alg, struct assay_bytes seed,
                         struct assay_bytes ciphertext, struct assay_bytes secret)
{
    if (run->expect != VEC_INVALID && secret.size != 32)
        vec_wrong(run, "the vector's secret is %zu octets", secret.size);
    const struct assay_kem_ops *ops = table(run, alg);
    if (!ops)
        return;
    uint8_t *out = vec_alloc(run, 32);
    assay_kem *kem = NULL;
    const char *call = "kem_private"; /* likewise */
    enum assay_rc rc = ops->kem_private(run->instance, alg, seed.data, seed.size, &kem);
    if (out && rc == ASSAY_OK) {
        call = "decapsulate";
        rc = ops->decapsulate(kem, out, ciphertext.data, ciphertext.size);
    }
    if (vec_verdict(run, rc, call))
        vec_compare(run, out, secret.data, secret.size, "the secret");
    ops->kem_free(kem);
}
