/* SPDX-License-Identifier: Apache-2.0
 *
 * A file sealed for the holder of an X25519 key, in chunks, by several threads.
 *
 *   header (48)   "assayfs1", algorithm (1), log2 of the chunk (1: 16), zeros (6), ephemeral public value
 * (32) chunks        64 KiB of the file each, the last one what is left (an empty file has one, empty), and a
 * tag
 *
 * The file's key (32 bytes) and the nonces' prefix (7) are HKDF-SHA256 of the shared secret, with the header
 * and the recipient's public value as info: with an altered header no chunk opens. Chunks follow STREAM
 * (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance, 2015): a nonce is the prefix, the chunk's number (4 bytes) and whether it is the last
 * (1). So a chunk opens in its place alone, and a file that was cut at a chunk's end has no last one. A key
 * seals one file, once.
 *
 * What was opened is written chunk by chunk, each verified; that the file is whole is known with the last
 * one. On any failure the output is cut to nothing. Several threads work on one file: its chunks, not files,
 * are what they share, so that one file is done sooner. They read and write at offsets of their own.
 */
#ifndef ASSAY_FILE_SEAL_H
#define ASSAY_FILE_SEAL_H

#include "backends/backend.h"
#include "kernels/service/crew.h"

#include <stdatomic.h>

#define ASSAY_FILE_CHUNK  65536u
#define ASSAY_FILE_HEADER 48u
#define ASSAY_FILE_POINT  32u

struct assay_file_hand { /* one thread's own */
    assay_aead *aead;
    uint8_t *plain, *sealed; /* a chunk each */
    enum assay_rc rc;
    int error; /* errno of a read or write that failed; 0: the backend's, or none */
};

enum assay_file_way { ASSAY_FILE_SEAL, ASSAY_FILE_OPEN, ASSAY_FILE_MATCH };

struct assay_file_seal { /* contexts for one algorithm, for one file at a time; used by one thread */
    const struct assay_backend *backend;
    assay_instance *instance;
    enum assay_alg alg;
    unsigned hands;
    struct assay_file_hand *hand;
    struct assay_crew *crew;
    assay_kdf *kdf;
    int error; /* errno of the last failure, 0: the backend knows */
    /* the file under way */
    enum assay_file_way way;
    int in, out;
    uint64_t plain_size, chunks;
    uint8_t prefix[7];
    atomic_uint_fast64_t next;
    atomic_bool stop;
};

/* alg: ASSAY_AES_256_GCM or ASSAY_CHACHA20_POLY1305. The caller has filled backend, instance, alg and hands
 * (1 to ASSAY_CREW_MAX), all zero else. */
enum assay_rc assay_file_start(struct assay_file_seal *) ASSAY_MUST_CHECK;
void assay_file_end(struct assay_file_seal *); /* accepts one that is half started */

/* Files are read from their start and must not change meanwhile; out is written from its start and cut to its
 * size. ephemeral: a fresh key; used for this file alone. recipient: the public value. */
enum assay_rc assay_file_seal(struct assay_file_seal *, int in, int out, assay_kex *ephemeral,
                              const uint8_t recipient[ASSAY_FILE_POINT]) ASSAY_MUST_CHECK;
/* ASSAY_AUTH: it is not a whole file sealed for this key with this algorithm. */
enum assay_rc assay_file_open(struct assay_file_seal *, int in, int out,
                              assay_kex *recipient) ASSAY_MUST_CHECK;
/* ASSAY_AUTH: nor is it one that opens to what is in the file `plain`. Writes nothing. */
enum assay_rc assay_file_match(struct assay_file_seal *, int in, int plain,
                               assay_kex *recipient) ASSAY_MUST_CHECK;

/* The size of a file of this size when it is sealed. */
uint64_t assay_file_sealed_size(uint64_t size);

#endif
