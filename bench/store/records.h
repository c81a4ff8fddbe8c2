/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the loader of run files: what run_file.c (lines, order, look-ups), fields.c, header.c and records.c
 * share.
 */
#ifndef ASSAY_STORE_RECORDS_H
#define ASSAY_STORE_RECORDS_H

#include "bench/store/run_file.h"

#include <jansson.h>

struct assay_run_memory {
    struct memory_chunk *chunks;
    json_t *case_index, *instance_index; /* name -> number */
};

struct loader {
    struct assay_run *run;
    const char *path;
    uint64_t line;
    size_t samples_room, latencies_room, noise_room;
    bool have_run;
    char *why;
    size_t why_size;
};

/* Says FILE:LINE: what is wrong, without control characters; returns false. */
bool loader_fail(struct loader *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Zeroed memory that lives as long as the run. NULL: loader_fail() was called. */
void *loader_alloc(struct loader *l, size_t count, size_t size);
/* A copy without control characters, so that no file can steer a terminal. NULL: likewise. */
const char *loader_text(struct loader *l, const char *text);

/* Fields. An absent or null one leaves "", 0, false or NULL; one of the wrong type is an error. */
bool loader_get_text(struct loader *l, const json_t *o, const char *name, const char **out);
bool loader_get_u64(struct loader *l, const json_t *o, const char *name, uint64_t *out);
bool loader_get_number(struct loader *l, const json_t *o, const char *name, double *out);
bool loader_get_bool(struct loader *l, const json_t *o, const char *name, bool *out);
bool loader_get_object(struct loader *l, const json_t *o, const char *name, const json_t **out);
bool loader_get_array(struct loader *l, const json_t *o, const char *name, const json_t **out);
/* These must be there: 1 … limit; a round or block; a name out of the run's own lists, as its number there.
 */
bool loader_get_positive(struct loader *l, const json_t *o, const char *name, uint64_t limit, uint64_t *out);
bool loader_get_round(struct loader *l, const json_t *o, const char *name, uint32_t *out);
bool loader_get_member(struct loader *l, const json_t *o, const char *name, const json_t *index,
                       uint32_t *out);

/* Grows a malloc()ed array by one. */
void *loader_grow(struct loader *l, void *array, size_t count, size_t *room, size_t size);
/* latency.c */
bool loader_record_latency(struct loader *l, const json_t *record);
/* Sorts them, lets the last of each place win, and hands every cell its own. */
void loader_order_latencies(struct assay_run *run);
/* One record. Unknown types are ignored. false: loader_fail() was called. */
bool loader_record(struct loader *l, const json_t *record);
/* The first one: header.c */
bool loader_record_run(struct loader *l, const json_t *record);

#endif
