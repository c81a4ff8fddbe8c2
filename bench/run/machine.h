/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a run takes place: CPUs, the fingerprint that goes with every result, and the noise around it.
 */
#ifndef ASSAY_MACHINE_H
#define ASSAY_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The CPUs of `count` threads, one physical core after the other before any sibling, the coordinator's last
 * of all: "1,0". list holds 8 bytes a CPU. Returns how many there are; fewer than count when the machine has
 * no more. */
size_t assay_cpus_for(size_t count, char *list, size_t list_size);
/* Moves the calling process off the first `busy` of those CPUs, when there are others. */
void assay_cpus_leave(size_t busy);

/* {"cpu","flags","microcode","cores","kernel","governor","virtualisation","tsc_hz"} */
json_t *assay_machine_json(void);
/* {"compiler","flags"} of this assay */
json_t *assay_build_json(void);
/* {"version","commit","dirty"} of this assay */
json_t *assay_version_json(void);
/* Those variables that change what libraries do, as far as they are set. */
json_t *assay_environment_json(void);
/* Ticks a second of the counter that workers read. */
double assay_tsc_hz(void);

struct assay_noise {                 /* a reading; two of them make a record */
    unsigned long long steal, total; /* of /proc/stat, in its ticks */
    double load1, mhz;
};
void assay_noise_read(struct assay_noise *noise);
/* For how many ms of each second the kernel may stop a process of this scheduling policy that never sleeps,
 * going by sched_rt_runtime_us and sched_rt_period_us (sched(7)); 0: for none. */
double assay_realtime_pause_ms(int policy, long long runtime_us, long long period_us);
/* "": nothing of the kind stops this process, nor the workers that it starts; else what does, in words. */
const char *assay_realtime_warning(char *out, size_t size);
/* {"steal_ppm","load1","mhz_before","mhz_after","switches"} */
json_t *assay_noise_json(const struct assay_noise *before, const struct assay_noise *after,
                         long long switches);

#endif
