/* SPDX-License-Identifier: Apache-2.0
 *
 * What the TLS kernels share: a client and a server of one instance in memory, and what their connection must
 * turn out to be.
 */
#ifndef ASSAY_KERNELS_TLS_H
#define ASSAY_KERNELS_TLS_H

#include "kernels/kernel.h"
#include "kernels/vectors/tls_certs.h"

/* More than any flight here: two RSA certificates and two hybrid shares are 5 KiB. */
#define ASSAY_TLS_WIRE 32768u

struct assay_tls_plan {
    uint16_t version;
    enum assay_alg cert, group;
    bool mutual;  /* the client has a certificate too, and must */
    bool tickets; /* the server issues tickets, the client keeps them */
};

struct assay_tls_pair { /* arrays are indexed by enum assay_tls_role */
    struct assay_tls_plan plan;
    assay_tls_ctx *ctx[2]; /* kept, as servers and clients keep theirs */
    assay_tls *end[2];     /* of the connection in hand; NULL when there is none */
    uint8_t *wire[2];      /* what a side sent last */
};

bool assay_tls_supported(struct assay_case *c, const struct assay_tls_plan *plan, char *why, size_t why_size);

/* One side's configuration as the plan has it. The chains live as long as the program. */
enum assay_rc assay_tls_config_fill(struct assay_case *c, const struct assay_tls_plan *plan,
                                    enum assay_tls_role role,
                                    struct assay_tls_config *config) ASSAY_MUST_CHECK;
/* The root of another chain: it vouches for none of the plan's certificates. */
struct assay_bytes assay_tls_other_root(const struct assay_tls_plan *plan);

/* Contexts and buffers; config: NULL as planned, else the client's and the server's. */
enum assay_rc assay_tls_open(struct assay_case *c, struct assay_tls_pair *pair,
                             const struct assay_tls_plan *plan,
                             const struct assay_tls_config config[2]) ASSAY_MUST_CHECK;
/* Accepts a pair that is half open, or all zero. */
void assay_tls_close(struct assay_case *c, struct assay_tls_pair *pair);

/* A handshake from the endpoints to the last byte that either side has to send, each side's work ticked, and
 * both ends held against the plan. session: NULL, or one that the server must resume. */
enum assay_rc assay_tls_shake(struct assay_case *c, struct assay_tls_pair *pair, assay_tls_session *session,
                              bool resumed) ASSAY_MUST_CHECK;
void assay_tls_hang_up(struct assay_case *c, struct assay_tls_pair *pair);
/* Some octets from one end to the other, and compared. */
enum assay_rc assay_tls_ping(struct assay_case *c, struct assay_tls_pair *pair,
                             enum assay_tls_role from) ASSAY_MUST_CHECK;

/* One side of a handshake with another instance (kernel.h, talk). Where the plan has tickets, conversations
 * come in pairs: a full handshake, in which the client takes a session, then its resumption. */
struct assay_tls_talk {
    assay_tls *end;
    bool done;                  /* the handshake is over, and held against the plan */
    bool resumes;               /* the client's: this is the second of a pair */
    assay_tls_session *session; /* the client's, from the first for the second */
};

enum assay_rc assay_tls_talk_begin(struct assay_case *c, struct assay_tls_talk *t,
                                   struct assay_tls_pair *pair, enum assay_tls_role role) ASSAY_MUST_CHECK;
/* As the kernel's talk(). */
enum assay_rc assay_tls_talk_step(struct assay_case *c, struct assay_tls_talk *t, struct assay_tls_pair *pair,
                                  enum assay_tls_role role, const uint8_t *in, size_t in_size, uint8_t *out,
                                  size_t room, size_t *out_size, enum assay_talk *state) ASSAY_MUST_CHECK;
/* Accepts one that has not begun. */
void assay_tls_talk_end(struct assay_case *c, struct assay_tls_talk *t);

#endif
