/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker process as the coordinator sees it: started, asked, and when it dies, told why.
 */
#ifndef ASSAY_PROCESS_H
#define ASSAY_PROCESS_H

#include "bench/run/channel.h"
#include "bench/run/instance.h"

#include <sys/types.h>

#define ASSAY_WHY_MAX 512

struct assay_process {
    const struct assay_spec *spec;
    pid_t pid; /* 0: none is running */
    struct assay_channel channel;
    json_t *identity; /* the worker's first line */
    json_int_t asked; /* questions so far: each has its number, and the answer repeats it */
};

/* A line for a shell that starts the worker of an instance as assay does, but for what a caller adds at its
 * end
 * (--cpus, --fd; or --case, --once). To be freed. NULL: why. */
char *assay_process_command(const struct assay_spec *spec, char why[ASSAY_WHY_MAX]);

/* Starts a worker and waits for its first line. cpus: a list such as "1,0". false: why says what happened. */
bool assay_process_start(struct assay_process *process, const struct assay_spec *spec, const char *cpus,
                         int deadline_ms, char why[ASSAY_WHY_MAX]);
/* Asks it to quit, and kills it when it does not within a second. false: it crashed or hung on its way out,
 * which costs no cell; why says how. */
bool assay_process_stop(struct assay_process *process, char why[ASSAY_WHY_MAX]);

enum assay_ask {
    ASSAY_ASK_OK,          /* *reply is {"ok":true, …} */
    ASSAY_ASK_UNSUPPORTED, /* why is the worker's reason */
    ASSAY_ASK_WRONG,
    ASSAY_ASK_FAILED,
    ASSAY_ASK_DEAD, /* the worker crashed, hung, spoke rubbish or left: it is no more, and why says how */
};

/* Takes the reference to message. *reply is NULL on anything but ASSAY_ASK_OK. */
enum assay_ask assay_process_ask(struct assay_process *process, json_t *message, int deadline_ms,
                                 json_t **reply, char why[ASSAY_WHY_MAX]);

/* What a result says about an instance: its module, and the worker's first line or why there is none (error;
 * else
 * ""). A home folder in it is written as ~. */
json_t *assay_instance_json(const struct assay_spec *spec, json_t *identity, const char *error);

#endif
