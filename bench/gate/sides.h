/* SPDX-License-Identifier: Apache-2.0
 *
 * The two sides of a gate as instances: two of them, or one of them twice, slowed down by the shim or not.
 */
#ifndef ASSAY_GATE_SIDES_H
#define ASSAY_GATE_SIDES_H

#include "bench/run/instance.h"

/* Cases that stand for the rest: short and long messages, hashes, public keys. */
#define ASSAY_GATE_CASES                                                                                     \
    "^(aead\\.seal/aes-256-gcm/(64|16384)|hkdf/sha256/32|mac/sha256/reused/64|sign/ed25519|"                 \
    "verify/ecdsa-p256)/t1$"

struct assay_gate_sides {
    struct assay_specs specs; /* named base and head */
    char *name[2];            /* as people call them */
};

/* false: why names the instance that is wrong and what is valid. */
bool assay_gate_sides(struct assay_gate_sides *sides, const char *base, const char *head, char *why,
                      size_t why_size);
/* Both sides are `name` through the shim, head slower by a share (0: as it is). */
bool assay_gate_sides_slowed(struct assay_gate_sides *sides, const char *name, double slower, char *why,
                             size_t why_size);
void assay_gate_sides_free(struct assay_gate_sides *sides);

#endif
