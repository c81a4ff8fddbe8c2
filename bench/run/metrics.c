/* SPDX-License-Identifier: Apache-2.0
 *
 * The counters of workers, asked for and added. Until its file is whole it has a name that node_exporter does
 * not read: it takes *.prom.
 */
#include "bench/run/metrics.h"

#include "bench/store/output.h"

#include <stdio.h>
#include <stdlib.h>

#define PROTOCOL "protocol: counters that are none"

static bool read_numbers(const json_t *array, size_t count, json_int_t least, json_int_t *out)
{
    if (json_array_size(array) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        out[i] = json_integer_value(json_array_get(array, i));
        if (!json_is_integer(json_array_get(array, i)) || out[i] < least)
            return false;
    }
    return true;
}

bool assay_metrics_collect(struct assay_process *process, int deadline_ms, struct assay_metrics *sum,
                           char why[ASSAY_WHY_MAX])
{
    struct assay_metrics more = {0};
    json_int_t count[ASSAY_CELLS], expiry[ASSAY_CERTS];
    json_t *reply;
    if (assay_process_ask(process, json_pack("{s:s}", "cmd", "counters"), deadline_ms, &reply, why) !=
        ASSAY_ASK_OK)
        return false;
    bool ok = read_numbers(json_object_get(reply, "count"), ASSAY_CELLS, 0, count) &&
              read_numbers(json_object_get(reply, "expiry"), ASSAY_CERTS, LLONG_MIN, expiry);
    json_decref(reply);
    if (!ok) {
        snprintf(why, ASSAY_WHY_MAX, PROTOCOL);
        return false;
    }
    for (size_t i = 0; i < ASSAY_CELLS; i++)
        more.count[i] = (uint64_t)count[i];
    for (size_t i = 0; i < ASSAY_CERTS; i++)
        more.expiry[i] = expiry[i];
    assay_metrics_add(sum, &more);
    return true;
}

bool assay_metrics_file_possible(const char *path, char why[ASSAY_WHY_MAX])
{
    return assay_output_possible(path, ASSAY_OUTPUT_FILE, why, ASSAY_WHY_MAX);
}

bool assay_metrics_file_write(const char *path, const struct assay_metrics *sum, char why[ASSAY_WHY_MAX])
{
    struct assay_output out;
    char *text = assay_metrics_text(sum);
    bool ok = text && assay_output_open(&out, path, ASSAY_OUTPUT_FILE, why, ASSAY_WHY_MAX);
    if (!text)
        snprintf(why, ASSAY_WHY_MAX, "not enough memory");
    if (ok)
        ok = assay_output_close(&out, fputs(text, out.file) >= 0, why, ASSAY_WHY_MAX);
    free(text);
    return ok;
}
