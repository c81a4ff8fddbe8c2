/* SPDX-License-Identifier: Apache-2.0
 *
 * A service with mutual TLS for a drill to break.
 */
#include "kernels/service/drills/mtls.h"

#include <stdio.h>
#include <stdlib.h>

bool assay_drill_mtls_supported(struct assay_drilling *d, char *why, size_t why_size)
{
    if (!assay_drill_supported(d, ASSAY_OP_TLS, ASSAY_ECDSA_P256_SHA256, why, why_size) ||
        !assay_drill_supported(d, ASSAY_OP_TLS, ASSAY_ECDH_P256, why, why_size) ||
        !assay_drill_supported(d, ASSAY_OP_SIGN, ASSAY_ECDSA_P256_SHA256, why, why_size) ||
        !assay_drill_supported(d, ASSAY_OP_HASH, ASSAY_SHA256, why, why_size) ||
        !assay_drill_supported(d, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size))
        return false;
    if (ASSAY_HAS(d->backend->tls, peer_certificate))
        return true;
    snprintf(why, why_size,
             "the module does not tell the peer's certificate, whose name is to be authorised");
    return false;
}

enum assay_rc assay_drill_mtls_run(struct assay_drilling *d, const struct assay_site_config *config,
                                   enum assay_rc (*drill)(struct assay_drill_mtls *))
{
    struct assay_drill_mtls *m = calloc(1, sizeof *m);
    if (!m)
        return ASSAY_NOMEM;
    m->d = d;
    enum assay_rc rc = assay_site_open(&m->site, d->backend, d->instance, config);
    if (rc == ASSAY_OK)
        rc = drill(m);
    if (rc != ASSAY_OK)
        snprintf(d->note, sizeof d->note, "%s",
                 m->site.why ? m->site.why : d->backend->last_error(d->instance));
    assay_site_close(&m->site);
    free(m);
    return rc;
}

enum assay_mtls_result assay_drill_visit(struct assay_drill_mtls *m,
                                         const struct assay_credential *credential)
{
    struct assay_mtls_client client = m->site.client;
    if (credential)
        client.ctx = credential->ctx;
    return assay_site_visit(&client, &m->connection);
}

void assay_drill_good_visit(struct assay_drill_mtls *m)
{
    if (assay_drill_visit(m, NULL) == ASSAY_MTLS_OK) {
        m->d->served++;
        return;
    }
    if (m->d->wrong++ == 0)
        assay_drill_fail(m->d, "a good client was not served: %s", m->connection.why);
}
