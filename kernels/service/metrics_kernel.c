/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics.count: what a count costs where a service counts (metrics.h). Beside token.verify or kms.sign in
 * one run it says what share of them is counting. With threads: whether they disturb each other.
 */
#include "kernels/kernels.h"
#include "kernels/service/metrics.h"

#include <stdlib.h>
#include <string.h>

static const struct assay_param none[] = {{0}};

struct count_state {
    uint64_t want; /* of this thread's counter */
    char *text;
};

/* Counting is the same on every backend: none is asked for anything. */
static bool count_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_HASH, ASSAY_SHA256, why, why_size);
}

static enum assay_op count_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_SHA256;
    return ASSAY_OP_HASH;
}

static enum assay_rc count_setup(struct assay_case *c)
{
    struct count_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    assay_metrics_count(); /* a thread's first count is not as the others */
    s->want = assay_metrics_of_thread(ASSAY_CELL_COUNTED);
    return ASSAY_OK;
}

static void count_teardown(struct assay_case *c)
{
    struct count_state *s = c->state;
    if (!s)
        return;
    free(s->text);
    free(s);
    c->state = NULL;
}

static enum assay_rc count_run(struct assay_case *c, uint64_t n)
{
    struct count_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        assay_metrics_count();
    s->want += n;
    return ASSAY_OK;
}

/* Every count arrived, in this thread's block and in the sum over all. */
static enum assay_rc count_check(struct assay_case *c)
{
    struct count_state *s = c->state;
    struct assay_metrics sum;
    uint64_t got = assay_metrics_of_thread(ASSAY_CELL_COUNTED);
    assay_metrics_read(&sum);
    if (got != s->want || sum.count[ASSAY_CELL_COUNTED] < got)
        return assay_wrong(c, "counted to %llu of %llu, %llu with the other threads", (unsigned long long)got,
                           (unsigned long long)s->want, (unsigned long long)sum.count[ASSAY_CELL_COUNTED]);
    return ASSAY_OK;
}

/* Prometheus text format 0.0.4, "Histograms": cumulative, and +Inf is the count. */
static enum assay_rc prove_text(struct assay_case *c, struct assay_proof *proof)
{
    static const char want[] = "tls_handshake_duration_seconds_bucket{le=\"0.0001\"} 2\n"
                               "tls_handshake_duration_seconds_bucket{le=\"0.00025\"} 5\n";
    struct count_state *s = c->state;
    struct assay_metrics m = {0};
    for (size_t i = 0; i < ASSAY_CELLS; i++)
        m.count[i] = i;
    m.count[ASSAY_CELL_SECONDS] = 2;
    m.count[ASSAY_CELL_SECONDS + 1] = 3;
    free(s->text);
    s->text = assay_metrics_text(&m);
    if (!s->text)
        return ASSAY_NOMEM;
    const char *at = strstr(s->text, "tls_handshake_duration_seconds_bucket");
    if (!at || strlen(at) < sizeof want - 1)
        return assay_wrong(c, "the text has no histogram");
    assay_proof_output(proof, s->text, strlen(s->text));
    return assay_expect(c, proof, "the buckets of a histogram", at, want, sizeof want - 1);
}

/* What is in no closed set leaves every counter as it was. */
static enum assay_rc prove_closed(struct assay_case *c, struct assay_proof *proof)
{
    uint64_t before[ASSAY_CELLS], after[ASSAY_CELLS];
    for (unsigned i = 0; i < ASSAY_CELLS; i++)
        before[i] = assay_metrics_of_thread((enum assay_metrics_cell)i);
    ASSAY_TRY(assay_metrics_signed(ASSAY_SHA256, ASSAY_OK));
    ASSAY_TRY(assay_metrics_token((enum assay_token_result)ASSAY_TOKEN_RESULTS, ASSAY_OK));
    assay_metrics_handshake((enum assay_metrics_suite)ASSAY_SUITES, true, 1);
    for (unsigned i = 0; i < ASSAY_CELLS; i++)
        after[i] = assay_metrics_of_thread((enum assay_metrics_cell)i);
    ASSAY_TRY(assay_expect(c, proof, "counters after labels of no closed set", after, before, sizeof after));
    ASSAY_TRY(count_run(c, 1));
    after[ASSAY_CELL_COUNTED] = assay_metrics_of_thread(ASSAY_CELL_COUNTED);
    return assay_expect_differs(c, proof, "counting", after, before, sizeof after);
}

static enum assay_rc count_prove(struct assay_case *c, struct assay_proof *proof)
{
    proof->deterministic = true;
    ASSAY_TRY(prove_text(c, proof));
    ASSAY_TRY(prove_closed(c, proof));
    ASSAY_TRY(count_run(c, 1000));
    return count_check(c);
}

static const char *const headline[] = {"", NULL};

const struct assay_kernel assay_metrics_count_kernel = {
    .id = "metrics.count",
    .summary =
        "one count in a thread's own block, as every service kernel counts; no library has a part in it",
    .source = "Prometheus text format 0.0.4",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = none,
    .headline = headline,
    .supported = count_supported,
    .served = count_served,
    .setup = count_setup,
    .prove = count_prove,
    .run = count_run,
    .check = count_check,
    .teardown = count_teardown,
};
