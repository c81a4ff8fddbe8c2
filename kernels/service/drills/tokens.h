/* SPDX-License-Identifier: Apache-2.0
 *
 * What drills about tokens share: an issuer and a service with one HS256 secret, made for the drill, and
 * tokens that the drill keeps to show them again.
 */
#ifndef ASSAY_DRILLS_TOKENS_H
#define ASSAY_DRILLS_TOKENS_H

#include "kernels/service/drill.h"
#include "kernels/service/token.h"

#define ASSAY_DRILL_TOKEN_ROOM 1024u

struct assay_drill_token {
    char text[ASSAY_DRILL_TOKEN_ROOM];
    size_t size;
    unsigned honoured; /* how often: for the drill to count */
};

struct assay_drill_tokens { /* starts zeroed */
    struct assay_keyset issuer, service;
    struct assay_token_policy policy; /* of the service; its time and store are the drill's to set */
    char series[17];                  /* of the token ids: a store may hold those of an earlier drill */
    uint64_t issued;
};

enum assay_rc assay_drill_tokens_init(struct assay_drill_tokens *, struct assay_drilling *) ASSAY_MUST_CHECK;
void assay_drill_tokens_clear(struct assay_drill_tokens *); /* accepts a zeroed one */
/* A fresh token, not honoured yet, good from now to exp. */
enum assay_rc assay_drill_token_issue(struct assay_drill_tokens *, int64_t now, int64_t exp,
                                      struct assay_drill_token *) ASSAY_MUST_CHECK;
bool assay_drill_tokens_supported(struct assay_drilling *, char *why, size_t why_size);

#endif
