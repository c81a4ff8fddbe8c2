/* SPDX-License-Identifier: Apache-2.0
 *
 * From cases to one exit code.
 */
#include "bench/gate/gate.h"

#include <string.h>

const struct assay_gate_pass *assay_gate_deciding(const struct assay_gate_case *c)
{
    return &c->pass[c->pass[1].look > 0];
}

bool assay_gate_is_compared(const struct assay_gate_case *c)
{
    return c->trouble <= ASSAY_STATUS_PROVED;
}

bool assay_gate_is_absent(const struct assay_gate_case *c)
{
    return c->trouble == ASSAY_STATUS_UNSUPPORTED && c->blame == 3;
}

const char *assay_gate_word(const struct assay_gate_case *c)
{
    static const char *const words[] = {
        [ASSAY_GATE_OPEN] = "inconclusive",
        [ASSAY_GATE_SUSPECT] = "inconclusive",
        [ASSAY_GATE_PASS] = "pass",
        [ASSAY_GATE_REGRESSION] = "regression",
        [ASSAY_GATE_INCONCLUSIVE] = "inconclusive",
    };
    return assay_gate_is_compared(c) ? words[c->state] : assay_status_name(c->trouble);
}

int assay_gate_verdict(const struct assay_gate_result *result, bool inconclusive_passes)
{
    bool wrong = false, slower = false, failed = false, open = false;
    for (size_t i = 0; i < result->count; i++) {
        const struct assay_gate_case *c = &result->cases[i];
        wrong = wrong || c->trouble == ASSAY_STATUS_REFUSED;
        failed = failed || (!assay_gate_is_compared(c) && !assay_gate_is_absent(c));
        slower = slower || (assay_gate_is_compared(c) && c->state == ASSAY_GATE_REGRESSION);
        open = open || (assay_gate_is_compared(c) && c->state == ASSAY_GATE_INCONCLUSIVE);
    }
    return wrong ? 3 : slower ? 5 : failed || result->stopped ? 1 : open && !inconclusive_passes ? 4 : 0;
}
