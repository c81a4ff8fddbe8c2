/* SPDX-License-Identifier: Apache-2.0
 *
 * A mix: what traffic asks of a service, in YAML. docs: README.md, examples/mixes.
 */
#ifndef ASSAY_MIX_H
#define ASSAY_MIX_H

#include "kernels/kernel.h"

#include <jansson.h>

#define ASSAY_MIX_OPS     12 /* bench/worker/offer.h takes no more parts */
#define ASSAY_MIX_CHOICES 2
#define ASSAY_MIX_BOTH    (-1) /* sides */

/* One way of doing an operation. */
struct assay_mix_choice {
    double share;
    char key[ASSAY_KEY_MAX]; /* of a case, with its threads: t1 */
    int side;                /* the side whose time is the service's, or ASSAY_MIX_BOTH */
    double wait_ns;          /* spent off the core: part of the response, not of the load */
};

/* What a request does `count` times (2.3: twice, and once more in 30 % of requests). */
struct assay_mix_op {
    char name[64];    /* "handshakes tls13-full/ecdsa-p256/x25519" */
    const char *says; /* the key that shares the choices out: "resumed", "cache-hits"; NULL: there is one */
    double count;
    unsigned choices;
    struct assay_mix_choice choice[ASSAY_MIX_CHOICES]; /* the second is the resumed, the hit */
};

struct assay_mix {
    char name[128];
    double rate;   /* requests a second, now */
    double growth; /* 0.4: the plan is for 1.4 times that */
    double application_ns;
    struct assay_mix_op op[ASSAY_MIX_OPS];
    unsigned ops;
    double p99_ns;      /* the objective; 0: none */
    double utilisation; /* the most that a core may be busy at the peak */
    double host_cores;  /* 0: not told */
    double price;       /* of a core-hour; 0: not told */
    char currency[8];
};

/* false: why is "FILE:LINE: KEY …: what is wrong, and what is valid". */
bool assay_mix_load(const char *path, struct assay_mix *mix, char *why, size_t why_size);

/* The cases it needs, each once. false: out of memory. The caller frees *keys. */
bool assay_mix_keys(const struct assay_mix *mix, char (**keys)[ASSAY_KEY_MAX], size_t *count);
/* The request as a worker takes it: [{"count":…,"cases":[[KEY,share],…]},…] */
json_t *assay_mix_parts(const struct assay_mix *mix);

#endif
