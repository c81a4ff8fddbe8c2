/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes: a fast-key-erasure generator a thread, seeded by getrandom(). Each refill is AES-256-CTR
 * under a key that is used once; the first bytes of its output are the next key, so that what was handed out
 * cannot be computed from what is left. Bytes are wiped from the pool as they leave it.
 *
 * The state lies on pages that the kernel clears in a forked child (MADV_WIPEONFORK), which therefore seeds
 * itself anew; where there are no such pages every request goes to getrandom().
 */
#include "backends/native/native.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define POOL_SIZE   1024u
#define KEY_SIZE    32u
#define SEED_LASTS  (1u << 20) /* bytes from one seed; then the kernel is asked again */
#define DIRECT_SIZE 512u       /* longer requests go to getrandom(), whose own cost is then small */

struct generator {
    struct gcm_key key; /* the cipher's working space */
    uint8_t next_key[KEY_SIZE];
    uint8_t pool[POOL_SIZE + 16]; /* and the tag that seal() adds, which nobody reads */
    uint32_t left;                /* bytes in the pool that are not handed out yet, at its end */
    uint32_t seed_left;           /* 0: not seeded, as after a fork */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;
static _Thread_local struct generator *own;

static void drop(void *generator)
{
    explicit_bzero(generator, sizeof(struct generator));
    munmap(generator, sizeof(struct generator));
}

static void make_key(void)
{
    pthread_key_create(&at_exit, drop);
}

static struct generator *generator_new(void)
{
    void *p =
        mmap(NULL, sizeof(struct generator), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    /* qemu's user mode says yes to any advice and follows none: what accepts one that does not exist lies. */
    if (madvise(p, sizeof(struct generator), -1) == 0 ||
        madvise(p, sizeof(struct generator), MADV_WIPEONFORK) != 0) {
        munmap(p, sizeof(struct generator));
        return NULL;
    }
    madvise(p, sizeof(struct generator), MADV_DONTDUMP); /* best effort */
    pthread_once(&once, make_key);
    pthread_setspecific(at_exit, p);
    return p;
}

static enum assay_rc from_kernel(uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return native_fail(ASSAY_LIBRARY, "getrandom: %s", strerror(errno));
        out += got;
        size -= (size_t)got;
    }
    return ASSAY_OK;
}

static enum assay_rc refill(const assay_instance *instance, struct generator *g)
{
    static const uint8_t nonce[12]; /* the key is new each time */
    if (g->seed_left == 0) {
        enum assay_rc rc = from_kernel(g->next_key, KEY_SIZE);
        if (rc != ASSAY_OK)
            return rc;
        g->seed_left = SEED_LASTS;
    }
    memset(g->pool, 0, POOL_SIZE);
    instance->gcm->key_init(&g->key, g->next_key, KEY_SIZE);
    instance->gcm->seal(&g->key, g->pool, nonce, g->pool, POOL_SIZE, NULL, 0);
    memcpy(g->next_key, g->pool, KEY_SIZE);
    explicit_bzero(g->pool, KEY_SIZE);
    explicit_bzero(g->key.round_keys, sizeof g->key.round_keys);
    g->left = POOL_SIZE - KEY_SIZE;
    g->seed_left -= g->left < g->seed_left ? g->left : g->seed_left;
    return ASSAY_OK;
}

static enum assay_rc rand_bytes(assay_instance *instance, uint8_t *out, size_t out_size)
{
    if (own == NULL)
        own = generator_new();
    struct generator *g = own;
    if (g == NULL || out_size > DIRECT_SIZE)
        return from_kernel(out, out_size);
    if (g->seed_left == 0)
        g->left = 0;
    while (out_size > 0) {
        enum assay_rc rc = g->left > 0 ? ASSAY_OK : refill(instance, g);
        if (rc != ASSAY_OK)
            return rc;
        uint32_t take = out_size < g->left ? (uint32_t)out_size : g->left;
        uint8_t *from = g->pool + POOL_SIZE - g->left;
        memcpy(out, from, take);
        explicit_bzero(from, take);
        g->left -= take;
        out += take;
        out_size -= take;
    }
    return ASSAY_OK;
}

const struct assay_rand_ops native_rand = {.size = sizeof native_rand, .bytes = rand_bytes};
