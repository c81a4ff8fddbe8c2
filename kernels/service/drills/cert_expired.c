/* SPDX-License-Identifier: Apache-2.0
 *
 * cert-expired: whoever renews a service's certificate has stalled, and it comes to its end.
 *
 * Seen from outside: a client connects all the while. It is served until the end; from then on it must not be
 * shown the certificate (it would refuse it, and blame the network), and the operator must have heard of it
 * before.
 */
#include "kernels/service/drills/mtls.h"

#include <string.h>
#include <time.h>

#define LIFETIME_S 4
#define WARN_S     2
#define AFTER_S    1 /* looked on for so long after the end */

/* By the clock that the service reads: time() is some milliseconds behind it. */
static int64_t now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec;
}

static void pause_a_little(void)
{
    static const struct timespec little = {.tv_nsec = 20000000};
    nanosleep(&little, NULL);
}

/* The alarm, as an operator's console asks for it. */
static void look(struct assay_drill_mtls *m, int64_t end)
{
    struct assay_reload_state state;
    assay_reload_look(m->site.reload, &state);
    if (state.alarms > 0 && now_s() < end)
        assay_drill_detected(m->d, "an alarm: the certificate is about to end, and no other is there");
}

/* One visit. The last second of a certificate belongs to nobody: it may be over before the peer looks. */
static void visit(struct assay_drill_mtls *m, int64_t end)
{
    int64_t before = now_s();
    enum assay_mtls_result result = assay_drill_visit(m, NULL);
    int64_t after = now_s();
    if (result == ASSAY_MTLS_OK && before <= end) {
        m->d->served++;
    } else if (result == ASSAY_MTLS_CLOSED && after >= end) {
        m->d->refused++;
    } else if (before < end &&
               after >= end) { /* begun before the end, looked at after it: nobody can help that */
        assay_drill_step(m->d, "a connection begun before the end was late: %s", m->connection.why);
    } else {
        const char *what = before < end                   ? "not served though the certificate is good"
                           : result == ASSAY_MTLS_REFUSED ? "the client was shown an expired certificate"
                                                          : "an expired certificate was taken";
        if (m->d->wrong++ == 0)
            assay_drill_fail(m->d, "%s: %s", what, m->connection.why);
    }
}

/* A client whose own certificate has ended is not let in by anybody. */
static enum assay_rc expired_client(struct assay_drill_mtls *m)
{
    struct assay_credential *old;
    ASSAY_TRY(assay_site_credential(&m->site, ASSAY_SITE_OWN, ASSAY_SITE_CLIENT_URI, 0, -10, &old));
    if (assay_drill_visit(m, old) == ASSAY_MTLS_OK) {
        m->d->wrong++;
        assay_drill_fail(m->d, "a client with an expired certificate was let in");
    } else {
        m->d->refused++;
        assay_drill_step(m->d, "a client whose own certificate has expired is turned away");
    }
    assay_credential_drop(old);
    return ASSAY_OK;
}

static enum assay_rc drill(struct assay_drill_mtls *m)
{
    struct assay_reload_state state;
    assay_reload_look(m->site.reload, &state);
    int64_t end = state.not_after;
    ASSAY_TRY(expired_client(m));
    assay_drill_fault(m->d, "the rotator stalls; the certificate is good for less than %d s", LIFETIME_S + 1);
    while (now_s() <= end + AFTER_S) {
        visit(m, end);
        look(m, end);
        pause_a_little();
    }
    if (m->d->refused > 1)
        assay_drill_step(m->d, "it has ended: the server turned %llu clients away, and showed it to none",
                         (unsigned long long)m->d->refused - 1);
    else
        assay_drill_fail(m->d, "nobody was turned away after the certificate's end");
    ASSAY_TRY(assay_site_rotate(&m->site, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY));
    assay_drill_repair(m->d, "the rotator puts a fresh certificate down");
    if (!assay_site_await_serial(&m->site))
        return ASSAY_OK;
    assay_drill_good_visit(m);
    if (memcmp(m->connection.serial, m->site.serial, sizeof m->site.serial) == 0)
        assay_drill_recovered(m->d, "a client is served under it");
    return ASSAY_OK;
}

static enum assay_rc cert_expired_run(struct assay_drilling *d)
{
    const struct assay_site_config config = {.alg = ASSAY_ECDSA_P256_SHA256,
                                             .lifetime_s = LIFETIME_S,
                                             .warn_s = d->without_safeguard ? 0 : WARN_S,
                                             .serves_expired = d->without_safeguard};
    return assay_drill_mtls_run(d, &config, drill);
}

const struct assay_drill assay_drill_cert_expired = {
    .name = "cert-expired",
    .summary = "the rotator stalls: an alarm before the certificate ends, and nobody is shown it afterwards",
    .safeguard = "the service looks at the end of its own certificate",
    .supported = assay_drill_mtls_supported,
    .run = cert_expired_run,
};
