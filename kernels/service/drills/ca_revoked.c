/* SPDX-License-Identifier: Apache-2.0
 *
 * ca-revoked: certificates of a CA that is not expected, and of one that is no longer. A service lets in who
 * has a certificate under a CA of its trust list; the list is a file, and taking a CA off it is all the
 * revocation there is.
 *
 * Seen from outside: clients of both CAs, with the same URI, connect all the while. Which are let in?
 */
#include "kernels/service/drills/mtls.h"

#include <string.h>

#define VISITS      20u
#define PATIENCE_NS 3000000000u /* until a trust list that was replaced must be in force */

static uint64_t refusals(struct assay_drill_mtls *m)
{
    struct assay_mtls_counts counts;
    assay_mtls_server_counts(m->site.server, &counts);
    return counts.refused;
}

/* Clients of a CA that must not be let in, between good ones. The alarm is the server's count. */
static void show(struct assay_drill_mtls *m, const struct assay_credential *client)
{
    for (unsigned i = 0; i < VISITS; i++) {
        uint64_t before = refusals(m);
        if (assay_drill_visit(m, client) != ASSAY_MTLS_CLOSED) {
            if (m->d->wrong++ == 0)
                assay_drill_fail(m->d, "a client of a CA that is not on the trust list was let in");
        } else if (refusals(m) > before) {
            m->d->refused++;
            assay_drill_detected(m->d, "the server turns its clients away, and counts them");
        }
        assay_drill_good_visit(m);
    }
}

/* Visits until the file is in force; how many were let in before. false: it is not in time. */
static bool until_refused(struct assay_drill_mtls *m, const struct assay_credential *client, unsigned *before)
{
    uint64_t start = assay_drill_now();
    for (*before = 0; assay_drill_now() - start < PATIENCE_NS; ++*before) {
        if (assay_drill_visit(m, client) != ASSAY_MTLS_OK)
            return true;
        assay_drill_good_visit(m);
    }
    return false;
}

/* Its key has leaked: whoever has it can be any client. */
static enum assay_rc revoked(struct assay_drill_mtls *m, const struct assay_credential *partner)
{
    unsigned before;
    struct assay_credential *fresh;
    ASSAY_TRY(assay_site_trust(&m->site, 1u << ASSAY_SITE_OWN));
    assay_drill_fault(m->d, "the partner's CA's key has leaked: its root is taken off the trust list");
    if (!until_refused(m, partner, &before)) {
        m->d->wrong += before;
        assay_drill_fail(m->d, "%u clients of a CA that was taken off the trust list were let in", before);
        return ASSAY_OK;
    }
    assay_drill_step(m->d, "%u of its clients were let in before the list was in force", before);
    show(m, partner);
    ASSAY_TRY(
        assay_site_credential(&m->site, ASSAY_SITE_OWN, ASSAY_SITE_CLIENT_URI, 0, ASSAY_SITE_DAY, &fresh));
    assay_drill_repair(m->d, "the partner's client has a certificate of the own CA");
    if (assay_drill_visit(m, fresh) == ASSAY_MTLS_OK) {
        m->d->served++;
        assay_drill_recovered(m->d, "it is served again");
    }
    assay_credential_drop(fresh);
    return ASSAY_OK;
}

/* A client whose trust list has the other CA alone does not take this server. */
static enum assay_rc unexpected_to_client(struct assay_drill_mtls *m)
{
    struct assay_credential *stranger;
    ASSAY_TRY(assay_site_credential(&m->site, ASSAY_SITE_OTHER, ASSAY_SITE_CLIENT_URI, 0, ASSAY_SITE_DAY,
                                    &stranger));
    if (assay_drill_visit(m, stranger) == ASSAY_MTLS_REFUSED) {
        m->d->refused++;
    } else {
        m->d->wrong++;
        assay_drill_fail(m->d, "a client took a server of a CA that it does not trust");
    }
    assay_credential_drop(stranger);
    return ASSAY_OK;
}

/* The service's own next certificate is of the CA that is no longer expected: clients would refuse it. */
static enum assay_rc unexpected(struct assay_drill_mtls *m)
{
    struct assay_reload_state before, after;
    assay_reload_look(m->site.reload, &before);
    assay_drill_fault(m->d, "the service's next certificate is of that CA");
    ASSAY_TRY(assay_site_rotate(&m->site, ASSAY_SITE_OTHER, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY));
    bool refused = assay_site_await_refusals(&m->site, before.refused + 1);
    assay_reload_look(m->site.reload, &after);
    if (refused && after.swaps == before.swaps)
        assay_drill_detected(m->d, "the service does not take it: %s", after.why);
    assay_drill_good_visit(m);
    ASSAY_TRY(unexpected_to_client(m));
    ASSAY_TRY(assay_site_rotate(&m->site, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY));
    assay_drill_repair(m->d, "one of the own CA is put down");
    if (!assay_site_await_serial(&m->site))
        return ASSAY_OK;
    assay_drill_good_visit(m);
    if (memcmp(m->connection.serial, m->site.serial, sizeof m->site.serial) == 0)
        assay_drill_recovered(m->d, "it is shown to a client, who takes it");
    return ASSAY_OK;
}

static enum assay_rc drill(struct assay_drill_mtls *m)
{
    struct assay_credential *partner;
    ASSAY_TRY(assay_site_credential(&m->site, ASSAY_SITE_OTHER, ASSAY_SITE_CLIENT_URI, 1u << ASSAY_SITE_OWN,
                                    ASSAY_SITE_DAY, &partner));
    assay_drill_good_visit(m);
    if (assay_drill_visit(m, partner) != ASSAY_MTLS_OK)
        assay_drill_fail(m->d, "a client of the partner's CA was not served: %s", m->connection.why);
    assay_drill_step(m->d, "two CAs are trusted, the own and a partner's; clients of both are served");
    enum assay_rc rc = revoked(m, partner);
    if (rc == ASSAY_OK && m->d->wrong == 0)
        rc = unexpected(m);
    assay_credential_drop(partner);
    return rc;
}

static enum assay_rc ca_revoked_run(struct assay_drilling *d)
{
    const struct assay_site_config config = {.alg = ASSAY_ECDSA_P256_SHA256,
                                             .trusts = 1u << ASSAY_SITE_OWN | 1u << ASSAY_SITE_OTHER,
                                             .lifetime_s = ASSAY_SITE_DAY,
                                             .is_blind = d->without_safeguard};
    return assay_drill_mtls_run(d, &config, drill);
}

const struct assay_drill assay_drill_ca_revoked = {
    .name = "ca-revoked",
    .summary = "a CA is taken off the trust list, then turns up again: refused and counted, others served",
    .safeguard = "the trust list is taken anew when its file is replaced",
    .supported = assay_drill_mtls_supported,
    .run = ca_revoked_run,
};
