/* SPDX-License-Identifier: Apache-2.0
 *
 * A drill in a worker: opens the companions that it uses, runs it, tells its outcome. It runs on the main
 * thread, which is pinned to no CPU: a drill may start threads and processes.
 */
#include "bench/worker/drill.h"

#include "bench/run/channel.h"

#include <stdio.h>

static enum assay_verdict prepare(struct assay_session *session, struct assay_drilling *d,
                                  char reason[ASSAY_REASON_MAX])
{
    const struct assay_drill *drill = d->drill;
    if (session->exempt) {
        snprintf(reason, ASSAY_REASON_MAX, "a probe does no cryptography");
        return ASSAY_VERDICT_UNSUPPORTED;
    }
    if (drill->uses != 0 && !assay_companions_concern(&session->companions, drill->uses)) {
        snprintf(reason, ASSAY_REASON_MAX, "its companions have no part in it");
        return ASSAY_VERDICT_UNSUPPORTED;
    }
    if (!drill->supported(d, reason, ASSAY_REASON_MAX))
        return ASSAY_VERDICT_UNSUPPORTED;
    enum assay_rc rc = assay_companions_open(&session->companions, drill->uses, d->backend, d->instance,
                                             reason, ASSAY_REASON_MAX);
    d->kms = drill->uses & ASSAY_USES_KMS ? session->companions.kms : NULL;
    d->store = drill->uses & ASSAY_USES_STORE ? session->companions.store : NULL;
    return rc == ASSAY_OK            ? ASSAY_VERDICT_OK
           : rc == ASSAY_UNSUPPORTED ? ASSAY_VERDICT_UNSUPPORTED
                                     : ASSAY_VERDICT_FAILED;
}

enum assay_verdict assay_drill_session(struct assay_session *session, struct assay_drilling *d,
                                       const char *name, bool without_safeguard,
                                       char reason[ASSAY_REASON_MAX])
{
    *d = (struct assay_drilling){.drill = assay_drill_find(name),
                                 .backend = session->module->backend,
                                 .instance = session->module->instance,
                                 .companions = &session->companions,
                                 .without_safeguard = without_safeguard};
    if (!d->drill) {
        snprintf(reason, ASSAY_REASON_MAX, "no drill '%s'", name);
        return ASSAY_VERDICT_FAILED;
    }
    enum assay_verdict verdict = prepare(session, d, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return verdict;
    enum assay_rc rc = assay_drill_run(d);
    if (rc == ASSAY_OK)
        return ASSAY_VERDICT_OK;
    const char *detail = d->note[0] ? d->note : d->backend->last_error(d->instance);
    snprintf(reason, ASSAY_REASON_MAX, "it could not be carried out: %s",
             detail && detail[0] ? detail
             : rc == ASSAY_NOMEM ? "out of memory"
                                 : "library error");
    return ASSAY_VERDICT_FAILED;
}

json_t *assay_drill_json(const struct assay_drilling *d)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < d->steps; i++)
        json_array_append_new(steps, json_pack("{s:I,s:o}", "ns", (json_int_t)d->step[i].ns, "text",
                                               assay_json_text(d->step[i].text)));
    json_t *reply = json_pack("{s:b,s:b,s:o,s:I,s:I,s:I,s:o}", "ok", 1, "passed", d->passed, "reason",
                              assay_json_text(d->reason), "served", (json_int_t)d->served, "refused",
                              (json_int_t)d->refused, "wrong", (json_int_t)d->wrong, "steps", steps);
    if (d->detected)
        json_object_set_new(reply, "detect_ns", json_integer((json_int_t)d->detect_ns));
    if (d->recovered)
        json_object_set_new(reply, "recover_ns", json_integer((json_int_t)d->recover_ns));
    return reply;
}
