/* SPDX-License-Identifier: Apache-2.0
 *
 * What a service counts of its cryptography, for Prometheus: handshakes, certificates, signatures, verdicts.
 *
 * A label's value is of a closed set: it comes from an enum, and no text from outside can become one. Numbers
 * beyond an enum are not counted. Each thread counts in a block of its own, which no other thread writes and
 * which shares no cache line: no lock, and no locked instruction. Whoever reads adds the blocks up.
 *
 * An HMAC is no signature: whoever verifies it could have made it. HS256 tokens, signed cookies and sealed
 * ones are not in crypto_sign_total and crypto_verify_total; a token's verdict is counted whatever its
 * algorithm.
 */
#ifndef ASSAY_METRICS_H
#define ASSAY_METRICS_H

#include "kernels/service/jws.h"

enum assay_metrics_suite {                                 /* the cipher, and with it the protocol */
                           ASSAY_SUITE_NONE = 0,           /* a handshake that did not get so far */
                           ASSAY_SUITE_AES_128_GCM_SHA256, /* RFC 8446 §B.4: TLS 1.3 */
                           ASSAY_SUITE_AES_256_GCM_SHA384,
                           ASSAY_SUITE_CHACHA20_POLY1305_SHA256,
                           ASSAY_SUITES
};
enum assay_metrics_cert { ASSAY_CERT_SERVER = 0, ASSAY_CERT_CLIENT, ASSAY_CERT_CA, ASSAY_CERTS };

#define ASSAY_METRICS_ALGS    6u  /* kinds of signature */
#define ASSAY_METRICS_BUCKETS 12u /* of the histogram, beside +Inf */

/* Where each counter is in assay_metrics.count. */
enum assay_metrics_cell {
    ASSAY_CELL_SIGNED = 0,
    ASSAY_CELL_VERIFIED = ASSAY_CELL_SIGNED + ASSAY_METRICS_ALGS,        /* alg * 3 + ok, refused, error */
    ASSAY_CELL_TOKENS = ASSAY_CELL_VERIFIED + ASSAY_METRICS_ALGS * 3,    /* the result, or none: the last */
    ASSAY_CELL_HANDSHAKES = ASSAY_CELL_TOKENS + ASSAY_TOKEN_RESULTS + 1, /* suite * 2 + ok, error */
    ASSAY_CELL_SECONDS = ASSAY_CELL_HANDSHAKES + ASSAY_SUITES * 2, /* buckets, not cumulative; +Inf; ns */
    ASSAY_CELL_NS = ASSAY_CELL_SECONDS + ASSAY_METRICS_BUCKETS + 1,
    ASSAY_CELL_COUNTED,
    ASSAY_CELLS
};

struct assay_metrics { /* a sum, of one process or of several; starts zeroed */
    uint64_t count[ASSAY_CELLS];
    int64_t expiry[ASSAY_CERTS]; /* seconds since 1970; 0: no such certificate */
};

/* A signature was made, if rc says so. Returns rc. */
enum assay_rc assay_metrics_signed(enum assay_alg, enum assay_rc rc) ASSAY_MUST_CHECK;
/* A verification's verdict. Returns rc. */
enum assay_rc assay_metrics_verified(enum assay_alg, enum assay_rc rc) ASSAY_MUST_CHECK;
/* A token's verdict; rc: whether there is one. Returns rc. */
enum assay_rc assay_metrics_token(enum assay_token_result, enum assay_rc rc) ASSAY_MUST_CHECK;
/* A handshake ended, well or not. */
void assay_metrics_handshake(enum assay_metrics_suite, bool ok, uint64_t ns);
/* A certificate is in use from now on. */
void assay_metrics_cert(enum assay_metrics_cert, int64_t not_after);
/* Counts that it counts: for metrics.count. */
void assay_metrics_count(void);

/* What this thread has counted; what the process has, since it began and in all its threads, past ones too.
 */
uint64_t assay_metrics_of_thread(enum assay_metrics_cell);
void assay_metrics_read(struct assay_metrics *sum);
/* Of a certificate, the earlier expiry: it is the one to act upon. */
void assay_metrics_add(struct assay_metrics *sum, const struct assay_metrics *more);

/* metrics_text.c: the Prometheus text exposition format, version 0.0.4. To be freed; NULL: no memory. */
char *assay_metrics_text(const struct assay_metrics *);
extern const uint64_t assay_metrics_bucket_ns[ASSAY_METRICS_BUCKETS];

#endif
