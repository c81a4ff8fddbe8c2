/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of drills, and what they share: steps, times and the verdict.
 */
#include "kernels/service/drill.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const struct assay_drill *const assay_drills[] = {
    &assay_drill_kms_outage,   &assay_drill_kms_hang,   &assay_drill_store_down,
    &assay_drill_clock_skew,   &assay_drill_rng_repeat, &assay_drill_ca_revoked,
    &assay_drill_cert_expired, &assay_drill_key_leak,   NULL,
};

const struct assay_drill *assay_drill_find(const char *name)
{
    for (size_t i = 0; assay_drills[i]; i++)
        if (strcmp(assay_drills[i]->name, name) == 0)
            return assay_drills[i];
    return NULL;
}

uint64_t assay_drill_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One too many takes the place of the last: how it ended says more than what came before. Never inlined:
 * beside UBSan's check of a caller's format gcc takes the format for NULL. */
__attribute__((noinline)) static void add_step(struct assay_drilling *d, uint64_t now, const char *format,
                                               va_list ap)
{
    struct assay_drill_step *step = &d->step[d->steps < ASSAY_DRILL_STEPS ? d->steps++ : d->steps - 1];
    step->ns = now - d->begin_ns;
    vsnprintf(step->text, sizeof step->text, format, ap);
}

#define ADD_STEP(d, now, format)                                                                             \
    do {                                                                                                     \
        va_list ap;                                                                                          \
        va_start(ap, format);                                                                                \
        add_step(d, now, format, ap);                                                                        \
        va_end(ap);                                                                                          \
    } while (0)

void assay_drill_step(struct assay_drilling *d, const char *format, ...)
{
    ADD_STEP(d, assay_drill_now(), format);
}

/* What must have come of a fault before the next one, and before the end. */
static void end_fault(struct assay_drilling *d)
{
    if (!d->detected)
        assay_drill_fail(d, "the fault was not detected");
    else if (!d->recovered)
        assay_drill_fail(d, "the service did not recover");
}

static void begin_fault(struct assay_drilling *d, uint64_t now)
{
    d->fault_ns = now;
    d->repair_ns = 0;
    d->detected = d->recovered = false;
}

void assay_drill_fault(struct assay_drilling *d, const char *format, ...)
{
    if (d->fault_ns != 0)
        end_fault(d);
    uint64_t now = assay_drill_now();
    ADD_STEP(d, now, format);
    begin_fault(d, now);
}

void assay_drill_fault_at(struct assay_drilling *d, uint64_t ns, const char *format, ...)
{
    if (d->fault_ns != 0)
        end_fault(d);
    ADD_STEP(d, ns, format);
    begin_fault(d, ns);
}

void assay_drill_detected(struct assay_drilling *d, const char *format, ...)
{
    uint64_t now = assay_drill_now();
    if (d->detected || d->fault_ns == 0)
        return;
    ADD_STEP(d, now, format);
    d->detected = true;
    if (now - d->fault_ns > d->detect_ns)
        d->detect_ns = now - d->fault_ns;
}

void assay_drill_repair(struct assay_drilling *d, const char *format, ...)
{
    uint64_t now = assay_drill_now();
    ADD_STEP(d, now, format);
    d->repair_ns = now;
}

void assay_drill_recovered(struct assay_drilling *d, const char *format, ...)
{
    uint64_t now = assay_drill_now();
    if (d->recovered || d->repair_ns == 0)
        return;
    ADD_STEP(d, now, format);
    d->recovered = true;
    if (now - d->repair_ns > d->recover_ns)
        d->recover_ns = now - d->repair_ns;
}

void assay_drill_fail(struct assay_drilling *d, const char *format, ...)
{
    ADD_STEP(d, assay_drill_now(), format);
    va_list ap;
    if (d->reason[0])
        return;
    va_start(ap, format);
    vsnprintf(d->reason, sizeof d->reason, format, ap);
    va_end(ap);
}

bool assay_drill_supported(struct assay_drilling *d, enum assay_op op, enum assay_alg alg, char *why,
                           size_t why_size)
{
    struct assay_case c = {.backend = d->backend, .instance = d->instance};
    return assay_supported(&c, op, alg, why, why_size);
}

enum assay_rc assay_drill_run(struct assay_drilling *d)
{
    d->begin_ns = assay_drill_now();
    enum assay_rc rc = d->drill->run(d);
    if (rc != ASSAY_OK)
        return rc;
    if (!d->reason[0] && d->fault_ns == 0)
        assay_drill_fail(d, "the drill broke nothing");
    if (!d->reason[0] && d->wrong > 0)
        assay_drill_fail(d, "%llu requests were answered wrongly", (unsigned long long)d->wrong);
    if (!d->reason[0])
        end_fault(d);
    if (!d->reason[0] && d->served == 0)
        assay_drill_fail(d, "no request was served in it");
    d->passed = !d->reason[0];
    return ASSAY_OK;
}
