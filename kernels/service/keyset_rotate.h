/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of keyset.rotate's cases, and the keys and tokens that they are set up with.
 */
#ifndef ASSAY_KEYSET_ROTATE_H
#define ASSAY_KEYSET_ROTATE_H

#include "kernels/kernel.h"
#include "kernels/service/keyset_watch.h"
#include "kernels/service/token.h"
#include "kernels/vectors/jws.h"

#include <semaphore.h>
#include <stdatomic.h>

#define STANDING   3u
#define ROTATING   4u
#define KEYS       (STANDING + ROTATING)
#define RING       16u
#define TOKEN_ROOM 1024u
#define NOW        1767225600 /* the service's clock stands still: 2026-01-01 */
#define TEXT(literal)                                                                                        \
    (struct assay_bytes)                                                                                     \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }

enum { KID, NOKID };
enum { STEADY, ROTATE };
enum phase { ADD, SWITCH, REMOVE, PHASES };

struct text {
    char text[TOKEN_ROOM];
    size_t size;
};

struct rotate_state {
    char folder[512], path[528];
    struct assay_keyset_entry key[KEYS]; /* the public halves, or the secrets; the standing ones first */
    struct text ring[KEYS][RING];        /* tokens of each */
    struct assay_keyset_file *file;      /* as it was written last */
    struct assay_keyset_watch *watch;
    struct assay_keyset_reader *reader;
    struct assay_token_policy policy;
    struct assay_token token;
    uint64_t next, verified;
    /* The rotator's. */
    pthread_mutex_t step; /* held while a phase goes on */
    enum phase phase;     /* the next one */
    unsigned new;         /* the rotating key that is coming, or signing */
    unsigned rotations;   /* whole ones */
    bool failed;
    char error[ASSAY_KEYSET_WHY];
    pthread_t thread;
    bool started;
    sem_t wake;
    atomic_bool parked, ending;
    /* What rotator and verifier tell each other. */
    _Alignas(64) atomic_uint signing; /* the signer's key, of the rotating ones */
    _Alignas(64) atomic_uint in_use;  /* the key of the token under way, + 1; 0: none of the rotating ones */
    atomic_ullong done;
};

/* Seven keys, all of them test keys, and the tokens of each. */
enum assay_rc assay_rotate_make_keys(struct assay_case *c) ASSAY_MUST_CHECK;
/* The published token and its key, which is the first standing one. */
const struct assay_jws_vector *assay_rotate_published(const struct assay_case *c);

#endif
