/* SPDX-License-Identifier: Apache-2.0
 *
 * All there is of a service with mutual TLS in one place: its CA, another one, its folder with a credential
 * that is reloaded, its server, and clients. What mtls.reload measures, and what tests and drills break.
 */
#ifndef ASSAY_SERVICE_MTLS_SITE_H
#define ASSAY_SERVICE_MTLS_SITE_H

#include "kernels/service/mtls.h"

#define ASSAY_SITE_SERVER_URI "spiffe://example/ns/shop/sa/orders"
#define ASSAY_SITE_CLIENT_URI "spiffe://example/ns/shop/sa/cart"
#define ASSAY_SITE_OTHER_URI  "spiffe://example/ns/shop/sa/stranger"
#define ASSAY_SITE_HOST       "orders.shop.example"
#define ASSAY_SITE_DAY        86400

enum { ASSAY_SITE_OWN, ASSAY_SITE_OTHER, ASSAY_SITE_CAS }; /* CAs */

struct assay_site { /* starts zeroed */
    const struct assay_backend *backend;
    assay_instance *instance;
    struct assay_ca ca[ASSAY_SITE_CAS]; /* used by one thread at a time */
    char folder[ASSAY_FOLDER_MAX];
    struct assay_reload *reload;
    struct assay_mtls_server *server;
    struct assay_credential *credential; /* the client's, of the own CA */
    struct assay_mtls_client client;
    uint8_t serial[ASSAY_X509_SERIAL]; /* of the server's identity put down last */
    const char *why;                   /* of what was not ASSAY_OK, where it is known */
};

struct assay_site_config {
    enum assay_alg alg;
    unsigned trusts;               /* the trust list at the start; 0: the own CA */
    int64_t lifetime_s, warn_s;    /* of the server's first certificate, and when it is an alarm */
    bool is_blind, serves_expired; /* reload.h: safeguards left out */
};

/* New keys for both CAs; the folder with an identity of the own CA and the trust list; reload, server,
 * client. */
enum assay_rc assay_site_open(struct assay_site *site, const struct assay_backend *backend,
                              assay_instance *instance,
                              const struct assay_site_config *config) ASSAY_MUST_CHECK;
void assay_site_close(struct assay_site *site); /* nothing is left running or lying about */

/* The rotator: a new key and certificate of that CA, from some time ago until lifetime_s from now, put down
 * by a rename. lifetime_s may be negative. */
enum assay_rc assay_site_rotate(struct assay_site *site, unsigned ca, const char *uri,
                                int64_t lifetime_s) ASSAY_MUST_CHECK;
/* The trust list: these CAs' roots (bits of 1 << ASSAY_SITE_OWN, …). */
enum assay_rc assay_site_trust(struct assay_site *site, unsigned cas) ASSAY_MUST_CHECK;
/* A client of that CA with that URI, who trusts these CAs beside its own. With a negative lifetime its
 * certificate has expired. */
enum assay_rc assay_site_credential(struct assay_site *site, unsigned ca, const char *uri, unsigned trusts,
                                    int64_t lifetime_s,
                                    struct assay_credential **credential) ASSAY_MUST_CHECK;

/* Connects, echoes and hangs up. */
enum assay_mtls_result assay_site_visit(const struct assay_mtls_client *client,
                                        struct assay_mtls_connection *connection) ASSAY_MUST_CHECK;

/* Waits until the reload is as far (true), or for at most ten seconds. */
bool assay_site_await_serial(struct assay_site *site) ASSAY_MUST_CHECK;
bool assay_site_await_refusals(struct assay_site *site, uint64_t refused) ASSAY_MUST_CHECK;

#endif
