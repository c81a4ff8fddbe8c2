/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker's side of the protocol. A command is {"cmd":…,"id":…,"case":…, …}; its answer repeats the id.
 *
 *  - first line: "library", "version", "path", "build_id", "provider", "variant", "fips_asked", "fips_active"
 *  - open: "bytes", "unit", "sides", "algorithm", "provider", "batched"
 *  - prove: "answers", "negatives", "digest" (absent where the outputs are random); "exempt" for the probe
 *  - calibrate (min_ns): "iterations"
 *  - sample (iterations): the figures of a sample
 *  - offer (rate, ns, seed, application_ns, parts): "requests", "unserved", "ns", "busy_ns", "switches",
 *    "cpu_ns" (where a companion is named, at rate 0), and the histograms "latency", "service", "sides" as
 *    [bin, count, bin, count, …] (bench/stats/histogram.h). parts: what a request does,
 *    [{"count":…, "cases":[[KEY, share], …]}, …]; without it, the case once
 *  - show: "artifact", or "none" where there is nothing to exchange
 *  - accept (artifact)
 *  - talk (role, start, in): "out", "state" (more, done, again), or "none"
 *  - close
 *
 * and, of no case:
 *
 *  - list: "cases", every case's key with "supported" or the reason why not
 *  - vectors (path): how many tests of the file "passed", were "rejected", "failed", are "unsupported" or
 *    "inapplicable"; "failures", "unsupported_why"
 *  - tunables: "tunables", each with "name", "unit", "summary", "cases", "value", "candidates"
 *  - profile: "path" and "text" of a profile that holds what the instance was given
 *  - drill (name, without_safeguard): "passed", "reason", "detect_ns", "recover_ns" (absent: never),
 * "served", "refused", "wrong", "steps", each with "ns" and "text"
 *  - counters: "count" and "expiry", cell by cell as in kernels/service/metrics.h: what this process has
 *    counted since it began
 *  - quit
 *
 * A refusal is {"ok":false,"verdict":"unsupported|wrong|failed","reason":…}.
 */
#ifndef ASSAY_WORKER_SERVE_H
#define ASSAY_WORKER_SERVE_H

#include "bench/run/channel.h"
#include "bench/worker/session.h"

json_t *assay_serve_hello(const struct assay_module *module);
json_t *assay_serve_refusal(const char *verdict, const char *reason);

/* Answers commands until quit or the coordinator is gone. */
void assay_serve(struct assay_channel *channel, struct assay_session *session);

#endif
