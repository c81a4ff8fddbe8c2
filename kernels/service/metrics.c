/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocks are thread-local and listed while their thread lives; a thread that ends adds its block to what
 * past threads have counted.
 */
#include "kernels/service/metrics.h"

#include <pthread.h>
#include <string.h>

struct block {
    uint64_t count[ASSAY_CELLS];
    struct block *next;
    enum { NEW, LISTED, UNLISTED } state;
} __attribute__((aligned(128))); /* pairs of cache lines are fetched together */

static _Thread_local struct block mine;

static struct {
    pthread_mutex_t lock;
    pthread_once_t once;
    pthread_key_t key;
    bool has_key;
    struct block *blocks;
    uint64_t past[ASSAY_CELLS];
    int64_t expiry[ASSAY_CERTS];
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

const uint64_t assay_metrics_bucket_ns[ASSAY_METRICS_BUCKETS] = {100000,   250000,    500000,    1000000,
                                                                 2500000,  5000000,   10000000,  25000000,
                                                                 50000000, 100000000, 250000000, 1000000000};

static void retire(void *data)
{
    struct block *block = data;
    pthread_mutex_lock(&all.lock);
    for (struct block **at = &all.blocks; *at; at = &(*at)->next)
        if (*at == block) {
            *at = block->next;
            break;
        }
    for (size_t i = 0; i < ASSAY_CELLS; i++)
        all.past[i] += block->count[i];
    pthread_mutex_unlock(&all.lock);
    /* another library's destructor may count yet: it lists the block again, and this is called again */
    memset(block, 0, sizeof *block);
}

static void make_key(void)
{
    all.has_key = pthread_key_create(&all.key, retire) == 0;
}

/* A thread's first count. A block that nobody would take off the list must not be on it. */
static void __attribute__((noinline)) enlist(void)
{
    pthread_once(&all.once, make_key);
    mine.state = all.has_key && pthread_setspecific(all.key, &mine) == 0 ? LISTED : UNLISTED;
    if (mine.state == UNLISTED)
        return;
    pthread_mutex_lock(&all.lock);
    mine.next = all.blocks;
    all.blocks = &mine;
    pthread_mutex_unlock(&all.lock);
}

/* A reader may look at the same time: a whole number is stored, and only this thread stores it. */
static inline void add(size_t cell, uint64_t n)
{
    if (__builtin_expect(mine.state == NEW, 0))
        enlist();
    __atomic_store_n(&mine.count[cell], mine.count[cell] + n, __ATOMIC_RELAXED);
}

static unsigned alg_number(enum assay_alg alg)
{
    switch (alg) {
    case ASSAY_ED25519:
        return 0;
    case ASSAY_ECDSA_P256_SHA256:
        return 1;
    case ASSAY_ECDSA_P384_SHA384:
        return 2;
    case ASSAY_RSA_2048_PSS_SHA256:
    case ASSAY_RSA_3072_PSS_SHA256:
        return 3;
    case ASSAY_RSA_2048_PKCS1_SHA256:
    case ASSAY_RSA_3072_PKCS1_SHA256:
        return 4;
    case ASSAY_ML_DSA_65:
        return 5;
    default:
        return ASSAY_METRICS_ALGS;
    }
}

enum assay_rc assay_metrics_signed(enum assay_alg alg, enum assay_rc rc)
{
    unsigned number = alg_number(alg);
    if (rc == ASSAY_OK && number < ASSAY_METRICS_ALGS)
        add(ASSAY_CELL_SIGNED + number, 1);
    return rc;
}

enum assay_rc assay_metrics_verified(enum assay_alg alg, enum assay_rc rc)
{
    unsigned number = alg_number(alg);
    if (number < ASSAY_METRICS_ALGS)
        add(ASSAY_CELL_VERIFIED + number * 3u + (rc == ASSAY_OK ? 0 : rc == ASSAY_AUTH ? 1 : 2), 1);
    return rc;
}

enum assay_rc assay_metrics_token(enum assay_token_result result, enum assay_rc rc)
{
    if (rc != ASSAY_OK)
        add(ASSAY_CELL_TOKENS + ASSAY_TOKEN_RESULTS, 1);
    else if ((unsigned)result < ASSAY_TOKEN_RESULTS)
        add(ASSAY_CELL_TOKENS + (unsigned)result, 1);
    return rc;
}

void assay_metrics_handshake(enum assay_metrics_suite suite, bool ok, uint64_t ns)
{
    size_t bucket = 0;
    if ((unsigned)suite >= ASSAY_SUITES)
        return;
    while (bucket < ASSAY_METRICS_BUCKETS && ns > assay_metrics_bucket_ns[bucket])
        bucket++;
    add(ASSAY_CELL_HANDSHAKES + (unsigned)suite * 2u + !ok, 1);
    add(ASSAY_CELL_SECONDS + bucket, 1);
    add(ASSAY_CELL_NS, ns);
}

void assay_metrics_cert(enum assay_metrics_cert cert, int64_t not_after)
{
    if ((unsigned)cert < ASSAY_CERTS)
        __atomic_store_n(&all.expiry[cert], not_after, __ATOMIC_RELAXED);
}

void assay_metrics_count(void)
{
    add(ASSAY_CELL_COUNTED, 1);
}

uint64_t assay_metrics_of_thread(enum assay_metrics_cell cell)
{
    return (unsigned)cell < ASSAY_CELLS ? mine.count[cell] : 0;
}

void assay_metrics_read(struct assay_metrics *sum)
{
    memset(sum, 0, sizeof *sum);
    pthread_mutex_lock(&all.lock);
    for (size_t i = 0; i < ASSAY_CELLS; i++) {
        sum->count[i] = all.past[i];
        for (const struct block *b = all.blocks; b; b = b->next)
            sum->count[i] += __atomic_load_n(&b->count[i], __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&all.lock);
    for (size_t i = 0; i < ASSAY_CERTS; i++)
        sum->expiry[i] = __atomic_load_n(&all.expiry[i], __ATOMIC_RELAXED);
}

void assay_metrics_add(struct assay_metrics *sum, const struct assay_metrics *more)
{
    for (size_t i = 0; i < ASSAY_CELLS; i++)
        sum->count[i] += more->count[i];
    for (size_t i = 0; i < ASSAY_CERTS; i++)
        if (more->expiry[i] != 0 && (sum->expiry[i] == 0 || more->expiry[i] < sum->expiry[i]))
            sum->expiry[i] = more->expiry[i];
}
