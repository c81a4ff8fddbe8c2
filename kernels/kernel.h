/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel is what assay measures. It is written once against backend.h and runs on every backend that can. A
 * kernel knows operations, not libraries; it never prints and never exits.
 *
 * The life of a case, in a worker: setup, prove, then run/check any number of times, teardown. With t threads
 * there are t cases, each set up by the thread that runs it, all on one instance.
 *
 * What a callback returns:
 *   ASSAY_OK      it went well
 *   ASSAY_AUTH    the answer is wrong (or a right one was refused): the cell is refused and never timed again
 *   any other     the operation failed: the cell is failed
 * The reason is in c->note when the kernel knows it, else in the backend's last_error().
 */
#ifndef ASSAY_KERNEL_H
#define ASSAY_KERNEL_H

#include "backends/backend.h"
#include "companions/companion.h"

#include <pthread.h>
#include <sha2.h>

enum assay_unit {
    ASSAY_UNIT_OPS = 0, /* shown as operations a second */
    ASSAY_UNIT_BYTES,   /* and as bytes a second */
};

struct assay_value { /* one value of a parameter: its text is part of the case's key, its number is for the
                        kernel */
    const char *text;
    uint64_t number;
};

struct assay_param {
    const char *name;
    const struct assay_value *values;
    size_t count;
};

/* What a kernel needs besides its backend (companions/). */
enum assay_use { ASSAY_USES_KMS = ASSAY_COMPANION_KMS, ASSAY_USES_STORE = ASSAY_COMPANION_STORE };

#define ASSAY_PARAMS_MAX 4
#define ASSAY_KEY_MAX    128
#define ASSAY_SIDES      2

#define ASSAY_COUNT(array) (sizeof(array) / sizeof *(array))
#define ASSAY_PARAM(label, array)                                                                            \
    {                                                                                                        \
        .name = (label), .values = (array), .count = ASSAY_COUNT(array)                                      \
    }

struct assay_kernel;

struct assay_case {
    const struct assay_kernel *kernel;
    uint64_t value[ASSAY_PARAMS_MAX]; /* the numbers of the chosen values, in the order of kernel->params */
    const struct assay_backend *backend;
    assay_instance *instance;  /* both NULL in the coordinator */
    struct assay_kms *kms;     /* the instance's companions; NULL in the coordinator, */
    struct assay_store *store; /* and where kernel->uses does not name them */
    void *state;               /* the kernel's own, from setup to teardown */
    uint64_t tick_start;
    uint64_t side_ticks[ASSAY_SIDES]; /* time-stamp ticks spent on each side, added up by assay_tick() */
    char note[200];
};

/* What prove() found. */
struct assay_proof {
    unsigned answers;   /* known answers that were matched */
    unsigned negatives; /* forgeries that were refused, as they must be */
    bool deterministic; /* set by the kernel: every right implementation yields the same digest */
    SHA2_CTX outputs;   /* SHA-256 of the outputs for the very inputs to be timed */
};

enum assay_talk {
    ASSAY_TALK_MORE,  /* this side still has something to wait for */
    ASSAY_TALK_DONE,  /* this side is content */
    ASSAY_TALK_AGAIN, /* content, and a second conversation (a resumption) must follow */
};

struct assay_kernel {
    const char *id;      /* "aead.seal" */
    const char *summary; /* one line: what is measured, and what is not */
    const char *source;  /* "RFC 5116 §2.1" */
    enum assay_unit unit;
    bool service;  /* what services do around primitives (kernels/service): a table of its own */
    unsigned uses; /* of enum assay_use */
    const struct assay_param *params; /* ends with an empty one */
    const char *const *headline;  /* the parts of the headline run, or of the services': "aes-256-gcm/16384";
                                     ends with NULL; may be NULL */
    const char *const *full_only; /* patterns (fnmatch) of parts run with --full only; NULL: none */
    const char *sides[ASSAY_SIDES]; /* names, where an operation has two sides whose cost is told apart */
    bool (*exists)(const struct assay_case *); /* NULL: every combination of values is a case */
    /* Asks the instance; false: why says what it lacks. */
    bool (*supported)(struct assay_case *, char *why, size_t why_size);
    /* Who serves it: the operation and algorithm to ask the backend's describe() about. */
    enum assay_op (*served)(const struct assay_case *, enum assay_alg *);
    uint64_t (*bytes)(
        const struct assay_case *); /* payload bytes an operation; NULL: not a matter of bytes */
    /* Does the backend take a batch in one call? false: the kernel loops over single calls. NULL: no batches.
     * An operation is one message: run(n) is n messages, the last batch maybe a smaller one. */
    bool (*batched)(const struct assay_case *);
    enum assay_rc (*setup)(struct assay_case *) ASSAY_MUST_CHECK;
    enum assay_rc (*prove)(struct assay_case *, struct assay_proof *) ASSAY_MUST_CHECK;
    /* The timed function: n operations, n >= 1. It allocates nothing, reads no clock but assay_tick(), and
     * consumes its output. */
    enum assay_rc (*run)(struct assay_case *, uint64_t n) ASSAY_MUST_CHECK;
    /* Untimed, after each run(): is the last output right? */
    enum assay_rc (*check)(struct assay_case *) ASSAY_MUST_CHECK;
    void (*teardown)(struct assay_case *); /* accepts a half-built state */
    /* Where outputs are not deterministic, one instance's output is accepted by another's. NULL, or no
     * room: nothing to exchange. show: writes an artifact (a signature, an envelope) of at most room bytes;
     * accept: verifies one. */
    size_t (*artifact_room)(const struct assay_case *);
    enum assay_rc (*show)(struct assay_case *, uint8_t *out, size_t room, size_t *size) ASSAY_MUST_CHECK;
    enum assay_rc (*accept)(struct assay_case *, const uint8_t *in, size_t size) ASSAY_MUST_CHECK;
    /* One side of a conversation with another instance's case, in steps; start begins a new one. */
    enum assay_rc (*talk)(struct assay_case *, enum assay_tls_role, bool start, const uint8_t *in,
                          size_t in_size, uint8_t *out, size_t room, size_t *out_size,
                          enum assay_talk *state) ASSAY_MUST_CHECK;
};

/* registry.c: every kernel, in the order in which they are listed; ends with NULL */
extern const struct assay_kernel *const assay_kernels[];
const struct assay_kernel *assay_kernel_find(const char *id);

/* case.c: keys. The key of a case without its instance is KERNEL/VALUE/…/tTHREADS. */
void assay_case_format(const struct assay_case *c, unsigned threads, char key[ASSAY_KEY_MAX]);
/* The values alone: "aes-256-gcm/16384"; "" for a kernel without parameters. */
void assay_case_values(const struct assay_case *c, char values[ASSAY_KEY_MAX]);
/* false: why says which part is wrong and what is valid there */
bool assay_case_parse(const char *key, struct assay_case *c, unsigned *threads, char *why, size_t why_size);
/* Walks all cases of a kernel: start with *index = 0; false when there are no more. */
bool assay_case_next(const struct assay_kernel *kernel, size_t *index, struct assay_case *c);
bool assay_case_is_headline(const struct assay_case *c);
bool assay_case_is_full_only(const struct assay_case *c);
const char *assay_case_value_text(const struct assay_case *c, size_t param);

/* timed.c: SHA-256 of the outputs for the inputs to be timed, on which independent libraries agreed. NULL:
 * not listed. The key is the case's without its threads: "aead.seal/aes-256-gcm/16384". */
const char *assay_timed_digest(const char *key);

/* support.c: what kernels share */

/* Zeroed memory aligned to 64 bytes; NULL when there is none. Freed with free(). */
void *assay_buffer(size_t size);
/* A fixed pattern: the same for every instance, run and machine. */
void assay_fill(uint8_t *out, size_t size, uint64_t seed);
/* Adds one to a big-endian counter in the last 8 bytes of a nonce. */
void assay_nonce_next(uint8_t nonce[12]);
/* A thread beside the measured ones: where the caller is pinned to a CPU, to be measured there, it runs on
 * the others that the process may use, if there are any. false: none is to be had. */
bool assay_thread_start(pthread_t *thread, void *(*main)(void *), void *data);
/* The compiler must assume that the bytes are read. */
enum assay_rc assay_consume(const void *data, size_t size);
uint64_t assay_ticks(void);
/* Times the sides of a two-party operation: assay_tick_start(), one side's work, assay_tick(c, side), the
 * other's … */
void assay_tick_start(struct assay_case *c);
void assay_tick(struct assay_case *c, unsigned side);

/* Says why an answer is wrong, and returns ASSAY_AUTH. */
enum assay_rc assay_wrong(struct assay_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3))) ASSAY_MUST_CHECK;
/* A companion that fails says why in its own words, which are the case's note from then on. Returns rc. */
enum assay_rc assay_kms_told(struct assay_case *c, enum assay_rc rc) ASSAY_MUST_CHECK;
enum assay_rc assay_store_told(struct assay_case *c, enum assay_rc rc) ASSAY_MUST_CHECK;
/* got == want, else assay_wrong() with the name of the vector; counts an answer. */
enum assay_rc assay_expect(struct assay_case *c, struct assay_proof *proof, const char *vector,
                           const void *got, const void *want, size_t size) ASSAY_MUST_CHECK;
/* rc must be ASSAY_AUTH (a forgery was refused), else assay_wrong(); counts a negative. */
enum assay_rc assay_expect_refused(struct assay_case *c, struct assay_proof *proof, const char *forgery,
                                   enum assay_rc rc) ASSAY_MUST_CHECK;
/* got != other: a changed input must change the answer; else assay_wrong(). Counts a negative. */
enum assay_rc assay_expect_differs(struct assay_case *c, struct assay_proof *proof, const char *change,
                                   const void *got, const void *other, size_t size) ASSAY_MUST_CHECK;
/* Adds an output for the inputs to be timed to the proof's digest. */
void assay_proof_output(struct assay_proof *proof, const void *data, size_t size);
/* supported() of most kernels: asks the backend; a missing table is a reason too. */
bool assay_supported(struct assay_case *c, enum assay_op op, enum assay_alg alg, char *why, size_t why_size);
/* supported() and served() of a kernel that takes AES-256-GCM, and nothing more. */
bool assay_aes_256_gcm_supported(struct assay_case *c, char *why, size_t why_size);
enum assay_op assay_aes_256_gcm_served(const struct assay_case *c, enum assay_alg *alg);

/* Before setup(): the companions that the case's kernel uses, opened if need be. Returns as
 * assay_companions_open() does. */
enum assay_rc assay_case_companions(struct assay_case *c, struct assay_companions *companions, char *why,
                                    size_t why_size) ASSAY_MUST_CHECK;

/* Is the optional function there? A table of an older module ends before it. */
#define ASSAY_HAS(table, function)                                                                           \
    ((table)->size >= (size_t)((const char *)(&(table)->function + 1) - (const char *)(table)) &&            \
     (table)->function != NULL)

/* Returns from a function of enum assay_rc on the first failure. */
#define ASSAY_TRY(expression)                                                                                \
    do {                                                                                                     \
        enum assay_rc assay_try_rc = (expression);                                                           \
        if (__builtin_expect(assay_try_rc != ASSAY_OK, 0))                                                   \
            return assay_try_rc;                                                                             \
    } while (0)

#endif
