/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of open parameters.
 */
#include "backends/native/tuning.h"
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct tuning, field)

const struct tuning_parameter tuning_parameters[] = {
    {"gcm-vectors",
     "vectors",
     "vectors of AES-GCM in flight",
     "^aead.(seal|open)/aes-(128|256)-gcm/(1350|8192|16384)/t1$",
     AT(gcm_vectors),
     1,
     32,
     1,
     {4, 8, 12}},
    {"gcm-short-to",
     "bytes",
     "the longest AES-GCM message hashed in one sum, without reductions on the way",
     "^aead.(seal|open)/aes-(128|256)-gcm/1350/t1$",
     AT(gcm_short_to),
     16,
     GCM_ONE_SUM,
     16,
     {512, 1024, GCM_ONE_SUM}},
    {"gcm-reduction",
     "blocks",
     "blocks that share one reduction of GHASH",
     "^aead.(seal|open)/aes-(128|256)-gcm/(8192|16384)/t1$",
     AT(gcm_reduction),
     1,
     128,
     1,
     {8, 16, 32, 64, 96, 128}},
    {"gcm-table-from",
     "bytes",
     "the shortest AES-GCM message that makes its key's table of first rounds",
     "^aead.(rekey|seal)/aes-(128|256)-gcm/(1024|1350|16384)/t1$",
     AT(gcm_table_from),
     1,
     1u << 30,
     1,
     {1024, 2048, 4096, 8192, 32768}},
    {"lanes-from",
     "messages",
     "the fewest messages of a batch that SHA-256 hashes in sixteen lanes (17: never)",
     "^(mac|hkdf).batch/sha256/.*/t1$",
     AT(lanes_from),
     1,
     17,
     1,
     {4, 8, 16, 17}},
    {"far-from",
     "bytes",
     "the shortest AES-GCM message that one thread stores past the caches",
     "^aead.seal.large/aes-256-gcm/(16777216|67108864)/t1$",
     AT(far_from),
     4096,
     1u << 30,
     1,
     {1u << 23, 1u << 25, 1u << 27}},
    {"threads",
     "threads",
     "threads that share a large AES-GCM message",
     "^aead.(seal|open).large/aes-256-gcm/16777216/t1$",
     AT(threads),
     1,
     POOL_THREADS_MAX,
     1,
     {1, 2, 4, 8, 16, 32}},
    {"share-from",
     "bytes",
     "the shortest AES-GCM message that threads share",
     "^aead.(seal|open)/aes-(128|256)-gcm/(65536|1048576)/t1$",
     AT(share_from),
     4096,
     1u << 30,
     1,
     {65536, 262144, 1048576, 4194304}},
    {"segment",
     "bytes",
     "the part of a shared AES-GCM message that a thread takes at a time",
     "^aead.(seal|open).large/aes-256-gcm/16777216/t1$",
     AT(segment),
     4096,
     1u << 26,
     4096,
     {65536, 131072, 262144, 524288, 1048576}},
    {0}};

const struct tuning_parameter *tuning_find(const char *name)
{
    for (const struct tuning_parameter *p = tuning_parameters; p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

uint32_t *tuning_at(struct tuning *t, const struct tuning_parameter *p)
{
    return (uint32_t *)(void *)((char *)t + p->offset);
}

bool tuning_set(struct tuning *t, const struct tuning_parameter *p, const char *value, char *why,
                size_t why_size)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < p->least || n > p->most || n % p->step != 0) {
        char step[32] = "";
        if (p->step > 1)
            snprintf(step, sizeof step, " in steps of %u", p->step);
        snprintf(why, why_size, "%s wants a whole number of %s from %u to %u%s, not '%s'", p->name, p->unit,
                 p->least, p->most, step, value);
        return false;
    }
    *tuning_at(t, p) = (uint32_t)n;
    return true;
}

void tuning_complete(struct tuning *t, const struct tuning *more)
{
    struct tuning from = *more;
    for (const struct tuning_parameter *p = tuning_parameters; p->name != NULL; p++)
        if (*tuning_at(t, p) == 0)
            *tuning_at(t, p) = *tuning_at(&from, p);
}

void tuning_print(const struct tuning *t, char *out, size_t out_size)
{
    struct tuning from = *t;
    size_t at = 0;
    out[0] = '\0';
    for (const struct tuning_parameter *p = tuning_parameters; p->name != NULL && at < out_size; p++)
        if (*tuning_at(&from, p) != 0)
            at += (size_t)snprintf(out + at, out_size - at, "%s = %u\n", p->name, *tuning_at(&from, p));
}
