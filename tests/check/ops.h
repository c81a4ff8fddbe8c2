/* SPDX-License-Identifier: Apache-2.0
 *
 * Every symmetric operation of the ABI in one shape, so that a check is written once and walks all operations
 * of all tiers: a new tier is found through cpu_tiers(), a new algorithm through supports().
 */
#ifndef ASSAY_TESTS_OPS_H
#define ASSAY_TESTS_OPS_H

#include "backends/backend.h"

/* A backend's instance. */
struct op_side {
    const char *name;
    const struct assay_backend *backend;
    assay_instance *instance;
    enum assay_alg first, last; /* the algorithms it is here for; 0: all */
    uint32_t needs;             /* of the CPU, for the code that it is here for */
};

struct op_call {
    const uint8_t *key; /* HKDF: the salt */
    size_t key_size;
    const uint8_t *nonce;
    const uint8_t *aad; /* HKDF: info */
    size_t aad_size;
    const uint8_t *in; /* HKDF: the input keying material */
    size_t in_size;
    uint8_t *out;
    size_t out_size;
    uint32_t split; /* decides where a text is cut into pieces, or into the messages of a batch */
};

#define OP_NONCE    1u
#define OP_AAD      2u
#define OP_IN_PLACE 4u

struct op;

/* What operations of several algorithms have in common. */
struct op_kind {
    const char *name;
    enum assay_op asked;
    unsigned flags;
    /* Keys *ctx, which is made when NULL. */
    enum assay_rc (*key)(const struct op_side *, const struct op *, void **ctx, const struct op_call *);
    enum assay_rc (*run)(const struct op_side *, const struct op *, void *ctx, const struct op_call *);
    void (*drop)(const struct op_side *, void *ctx);
    /* What a text's output takes; 0: the caller chooses, a multiple of `step`. */
    size_t (*out_size)(const struct op *, size_t text);
    size_t step;
    /* An inverse: its input is what the kind before it in the table makes of a text, its output the text. */
    bool inverse;
};

struct op {
    const char *name;
    const struct op_kind *kind;
    enum assay_alg alg;
    size_t digest;
    size_t key_min, key_max, key_step;
    size_t text_min, text_step;
};

/* Ended by a NULL name. */
extern const struct op op_table[];

/* Messages in a batch: more than any variant takes at once. */
#define OP_BATCH 19u

bool op_supported(const struct op_side *, const struct op *);
/* Who serves it, as describe() says. */
void op_path(const struct op_side *, const struct op *, char path[64]);
/* The operation that makes this one's input; NULL: it takes the text itself. */
const struct op *op_forward(const struct op *);
/* The nearest text size that it takes. */
size_t op_text_size(const struct op *, size_t wanted);
/* A key size that it takes, picked by `choice`. */
size_t op_key_size(const struct op *, uint32_t choice);
/* Room for what it makes of a text; `choice` where the size is free. */
size_t op_out_size(const struct op *, size_t text, uint32_t choice);

/* Calls of the ABI go through here: plain, or watched (watch.h) when op_watched is set. */
extern bool op_watched;

/* Told what of an answer is public; NULL: nobody asks. */
extern void (*op_public)(const void *, size_t);

/* The native backend's instances: one a tier that runs here, from portable upwards, then one for each variant
 * that none of them picks. Ends the process when one cannot be made. Returns how many. */
#define OP_SIDES_MAX 16
size_t op_native_sides(struct op_side sides[OP_SIDES_MAX]);

#endif
