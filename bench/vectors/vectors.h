/* SPDX-License-Identifier: Apache-2.0
 *
 * Published test vectors against a backend: Wycheproof's testvectors_v1 (JSON) and the response files of
 * NIST's CAVP. The coordinator reads a file to know what it is and whether it is whole; a worker reads it
 * again and runs it. Nothing here prints.
 */
#ifndef ASSAY_VECTORS_H
#define ASSAY_VECTORS_H

#include "backends/backend.h"

#include <jansson.h>

#define ASSAY_VECTORS_ERROR_MAX 400

enum assay_vectors_kind {
    ASSAY_VECTORS_NONE,      /* no file of vectors */
    ASSAY_VECTORS_ELSEWHERE, /* vectors, all of algorithms or parameters that backend.h does not have */
    ASSAY_VECTORS_RUN,
    ASSAY_VECTORS_BROKEN, /* error says where and what is wrong */
};

struct assay_vectors {
    enum assay_vectors_kind kind;
    char error[ASSAY_VECTORS_ERROR_MAX];
    char title[128]; /* the algorithm, in the file's own words */
    unsigned tests;
    /* Each test is in one of these; all are zero but inapplicable when there was no backend. */
    unsigned passed;       /* right outputs, valid ones accepted */
    unsigned rejected;     /* invalid ones that were refused */
    unsigned failed;       /* a wrong answer; one that is in the table of deviations too */
    unsigned unsupported;  /* this instance has no such algorithm */
    unsigned inapplicable; /* backend.h has no such parameters: "not applicable" */
    /* [{"test","comment","what","deviation" (why it is known; absent: a failure)}], every failed one */
    json_t *failures;
    json_t *unsupported_why, *inapplicable_why; /* {reason: tests} */
};

/* backend NULL: only reads the file. library: the name in the instance's identity, for known deviations. */
void assay_vectors_file(struct assay_vectors *vectors, const char *path, const struct assay_backend *backend,
                        assay_instance *instance, const char *library);
void assay_vectors_free(struct assay_vectors *vectors);

/* Could a file of this name hold vectors? Others are not opened. */
bool assay_vectors_named(const char *path);

#endif
