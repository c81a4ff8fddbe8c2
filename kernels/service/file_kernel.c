/* SPDX-License-Identifier: Apache-2.0
 *
 * file.seal: a file sealed for a recipient, or opened by him, from its header to its last chunk. A fresh
 * ephemeral key each time; the recipient's is a published test key.
 *
 * Both files are unlinked as soon as they are open, so that nothing of them outlives the worker however it
 * ends; they are in TMPDIR, or /tmp. Reads and writes go to the page cache, and nothing waits for a disk. The
 * output overwrites that of the operation before.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/service/file_seal.h"
#include "kernels/vectors/asym.h"
#include "kernels/vectors/service.h"
#include "kernels/vectors/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SMALL_SIZE    196708u /* of the proof's files: three chunks and a part */
#define SMALL_SEALED  (SMALL_SIZE + ASSAY_FILE_HEADER + 4u * ASSAY_TAG_SIZE)
#define SEALED_CHUNK  (ASSAY_FILE_CHUNK + ASSAY_TAG_SIZE)
#define ARTIFACT_SIZE 100u
#define GIBI          (1u << 30)

enum call { CALL_SEAL, CALL_OPEN };

static const struct assay_value calls[] = {{"seal", CALL_SEAL}, {"open", CALL_OPEN}};
static const struct assay_value algs[] = {{"aes-256-gcm", ASSAY_AES_256_GCM},
                                          {"chacha20-poly1305", ASSAY_CHACHA20_POLY1305}};
static const struct assay_value sizes[] = {
    {"1048576", 1 << 20}, {"67108864", 64 << 20}, {"1073741824", GIBI}};
static const struct assay_value hands[] = {{"w1", 1}, {"w2", 2}, {"w4", 4}, {"w8", 8}};
static const struct assay_param params[] = {ASSAY_PARAM("call", calls),
                                            ASSAY_PARAM("algorithm", algs),
                                            ASSAY_PARAM("size", sizes),
                                            ASSAY_PARAM("hands", hands),
                                            {0}};

struct file_state {
    struct assay_file_seal file;
    assay_kex *recipient;
    uint8_t point[ASSAY_FILE_POINT];
    int plain, sealed;     /* one is read, the other written */
    int small[2];          /* the proof's */
    uint8_t *block, *want; /* what chunks hold, but for their number in front */
};

static enum assay_alg alg_of(const struct assay_case *c)
{
    return (enum assay_alg)c->value[1];
}

static uint64_t file_bytes(const struct assay_case *c)
{
    return c->value[2];
}

/* Several hands are for large files; the largest is there once, for it needs space and time. */
static bool file_exists(const struct assay_case *c)
{
    if (c->value[2] == GIBI)
        return alg_of(c) == ASSAY_AES_256_GCM && c->value[3] == 4;
    return c->value[3] == 1 || (alg_of(c) == ASSAY_AES_256_GCM && c->value[2] > 1 << 20);
}

static const char *folder(void)
{
    const char *tmp = getenv("TMPDIR");
    return tmp && *tmp ? tmp : "/tmp";
}

static bool file_supported(struct assay_case *c, char *why, size_t why_size)
{
    struct statvfs fs;
    if (!assay_supported(c, ASSAY_OP_AEAD, alg_of(c), why, why_size) ||
        !assay_supported(c, ASSAY_OP_KDF, ASSAY_HKDF_SHA256, why, why_size) ||
        !assay_supported(c, ASSAY_OP_KEX, ASSAY_X25519, why, why_size))
        return false;
    uint64_t need = 2 * file_bytes(c) + (64 << 20);
    if (statvfs(folder(), &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize >= need)
        return true;
    snprintf(why, why_size, "TMPDIR has no %u MiB free", (unsigned)(need >> 20));
    return false;
}

static enum assay_op file_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = alg_of(c);
    return ASSAY_OP_AEAD;
}

static enum assay_rc system_failed(struct assay_case *c, const char *what, int error)
{
    snprintf(c->note, sizeof c->note, "a file of %llu bytes in TMPDIR: %s: %s",
             (unsigned long long)file_bytes(c), what, strerror(error));
    return ASSAY_LIBRARY;
}

static enum assay_rc told(struct assay_case *c, enum assay_rc rc)
{
    const struct file_state *s = c->state;
    return rc == ASSAY_LIBRARY && s->file.error ? system_failed(c, "read or write", s->file.error) : rc;
}

/* -1: none can be made */
static int nameless_file(void)
{
    char path[512];
    if (snprintf(path, sizeof path, "%s/assay-file-XXXXXX", folder()) >= (int)sizeof path)
        return -1;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool put(int fd, const uint8_t *bytes, size_t size, uint64_t at)
{
    return pwrite(fd, bytes, size, (off_t)at) == (ssize_t)size;
}

/* Every chunk differs from the others. */
static const uint8_t *chunk_of(struct file_state *s, uint64_t chunk)
{
    memcpy(s->block, &chunk, sizeof chunk);
    return s->block;
}

static enum assay_rc write_plain(struct assay_case *c)
{
    struct file_state *s = c->state;
    for (uint64_t i = 0; i < file_bytes(c) / ASSAY_FILE_CHUNK; i++)
        if (!put(s->plain, chunk_of(s, i), ASSAY_FILE_CHUNK, i * ASSAY_FILE_CHUNK))
            return system_failed(c, "write", errno);
    return ASSAY_OK;
}

static enum assay_rc seal_file(struct assay_case *c, int in, int out)
{
    struct file_state *s = c->state;
    assay_kex *ephemeral;
    ASSAY_TRY(c->backend->kex->kex_generate(c->instance, ASSAY_X25519, &ephemeral));
    enum assay_rc rc = assay_file_seal(&s->file, in, out, ephemeral, s->point);
    c->backend->kex->kex_free(ephemeral);
    return told(c, rc);
}

static enum assay_rc kex_of(struct assay_case *c, const struct assay_kex_vector *v, assay_kex **out)
{
    uint8_t scalar[32];
    assay_hex(scalar, sizeof scalar, v->scalar);
    return c->backend->kex->kex_new(c->instance, ASSAY_X25519, scalar, sizeof scalar, out);
}

static enum assay_rc file_setup(struct assay_case *c)
{
    struct file_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->plain = nameless_file();
    s->sealed = nameless_file();
    s->small[0] = nameless_file();
    s->small[1] = nameless_file();
    if (s->plain < 0 || s->sealed < 0 || s->small[0] < 0 || s->small[1] < 0)
        return system_failed(c, "none can be made", errno);
    s->block = assay_buffer(ASSAY_FILE_CHUNK);
    s->want = assay_buffer(ASSAY_FILE_CHUNK);
    if (!s->block || !s->want)
        return ASSAY_NOMEM;
    assay_fill(s->block, ASSAY_FILE_CHUNK, 400);
    s->file = (struct assay_file_seal){
        .backend = c->backend, .instance = c->instance, .alg = alg_of(c), .hands = (unsigned)c->value[3]};
    ASSAY_TRY(assay_file_start(&s->file));
    ASSAY_TRY(kex_of(c, &assay_kex_vectors[0], &s->recipient));
    assay_hex(s->point, sizeof s->point, assay_kex_vectors[0].public_value);
    ASSAY_TRY(write_plain(c));
    return c->value[0] == CALL_OPEN ? seal_file(c, s->plain, s->sealed) : ASSAY_OK;
}

static void file_teardown(struct assay_case *c)
{
    struct file_state *s = c->state;
    if (!s)
        return;
    const int fds[] = {s->plain, s->sealed, s->small[0], s->small[1]};
    for (size_t i = 0; i < ASSAY_COUNT(fds); i++)
        if (fds[i] > 0)
            close(fds[i]);
    if (s->recipient)
        c->backend->kex->kex_free(s->recipient);
    assay_file_end(&s->file);
    free(s->block);
    free(s->want);
    free(s);
    c->state = NULL;
}

static enum assay_rc file_run(struct assay_case *c, uint64_t n)
{
    struct file_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(c->value[0] == CALL_SEAL
                      ? seal_file(c, s->plain, s->sealed)
                      : told(c, assay_file_open(&s->file, s->sealed, s->plain, s->recipient)));
    return ASSAY_OK;
}

static enum assay_rc check_plain(struct assay_case *c)
{
    struct file_state *s = c->state;
    for (uint64_t i = 0; i < file_bytes(c) / ASSAY_FILE_CHUNK; i++) {
        if (pread(s->plain, s->want, ASSAY_FILE_CHUNK, (off_t)(i * ASSAY_FILE_CHUNK)) != ASSAY_FILE_CHUNK)
            return system_failed(c, "read", errno);
        if (memcmp(s->want, chunk_of(s, i), ASSAY_FILE_CHUNK) != 0)
            return assay_wrong(c, "chunk %llu came back another", (unsigned long long)i);
    }
    return ASSAY_OK;
}

/* The whole output. Then a few bytes of each chunk are lost, for the next run must write it all anew. */
static enum assay_rc file_check(struct assay_case *c)
{
    struct file_state *s = c->state;
    const bool seal = c->value[0] == CALL_SEAL;
    const uint8_t nothing[8] = {0};
    enum assay_rc rc =
        seal ? told(c, assay_file_match(&s->file, s->sealed, s->plain, s->recipient)) : check_plain(c);
    if (seal && rc == ASSAY_AUTH)
        return assay_wrong(c, "the sealed file does not open to what was sealed");
    ASSAY_TRY(rc);
    for (uint64_t i = 0; i < file_bytes(c) / ASSAY_FILE_CHUNK; i++)
        if (!put(seal ? s->sealed : s->plain, nothing, sizeof nothing,
                 seal ? ASSAY_FILE_HEADER + i * SEALED_CHUNK : i * ASSAY_FILE_CHUNK + 16))
            return system_failed(c, "write", errno);
    return ASSAY_OK;
}

static enum assay_rc set_small(struct assay_case *c, int which, const uint8_t *bytes, size_t size)
{
    struct file_state *s = c->state;
    if (ftruncate(s->small[which], 0) != 0 || !put(s->small[which], bytes, size, 0))
        return system_failed(c, "write", errno);
    return ASSAY_OK;
}

static enum assay_rc get_small(struct assay_case *c, int which, uint8_t *out, size_t room, size_t *size)
{
    struct file_state *s = c->state;
    ssize_t n = pread(s->small[which], out, room, 0);
    *size = n < 0 ? 0 : (size_t)n;
    return n < 0 ? system_failed(c, "read", errno) : ASSAY_OK;
}

/* As Python sealed it; and it opens. */
static enum assay_rc prove_vector(struct assay_case *c, struct assay_proof *proof,
                                  const struct assay_file_vector *v, uint8_t *bytes, size_t room)
{
    struct file_state *s = c->state;
    uint8_t digest[ASSAY_HASH_MAX], want[32];
    assay_kex *ephemeral;
    size_t size;
    assay_fill(bytes, v->size, 500);
    ASSAY_TRY(set_small(c, 0, bytes, v->size));
    ASSAY_TRY(kex_of(c, &assay_kex_vectors[1], &ephemeral));
    enum assay_rc rc = assay_file_seal(&s->file, s->small[0], s->small[1], ephemeral, s->point);
    c->backend->kex->kex_free(ephemeral);
    ASSAY_TRY(told(c, rc));
    ASSAY_TRY(get_small(c, 1, bytes, room, &size));
    assay_reference_hash(ASSAY_SHA256, digest, bytes, size);
    assay_hex(want, sizeof want, v->digest);
    ASSAY_TRY(assay_expect(c, proof, v->source, digest, want, sizeof want));
    rc = assay_file_match(&s->file, s->small[1], s->small[0], s->recipient);
    return rc == ASSAY_AUTH ? assay_wrong(c, "%s: it does not open", v->source) : told(c, rc);
}

/* It must be refused, and leave nothing. */
static enum assay_rc forged(struct assay_case *c, struct assay_proof *proof, const char *what,
                            const uint8_t *bytes, size_t size)
{
    struct file_state *s = c->state;
    struct stat st;
    ASSAY_TRY(set_small(c, 0, bytes, size));
    enum assay_rc rc = assay_file_open(&s->file, s->small[0], s->small[1], s->recipient);
    ASSAY_TRY(assay_expect_refused(c, proof, what, told(c, rc)));
    if (fstat(s->small[1], &st) != 0 || st.st_size != 0)
        return assay_wrong(c, "%s was refused, but what it opened to is there", what);
    return ASSAY_OK;
}

static enum assay_rc prove_bits(struct assay_case *c, struct assay_proof *proof, uint8_t *bytes)
{
    const size_t at[] = {0, 8, 9, 15, 16, 47, 48, 48 + SEALED_CHUNK + 7, SMALL_SEALED - 1};
    for (size_t i = 0; i < ASSAY_COUNT(at); i++) {
        bytes[at[i]] ^= 1;
        ASSAY_TRY(forged(c, proof, at[i] < ASSAY_FILE_HEADER ? "an altered header" : "an altered chunk",
                         bytes, SMALL_SEALED));
        bytes[at[i]] ^= 1;
    }
    return ASSAY_OK;
}

/* Truncated, reordered, repeated; bytes and other are two sealed files, room for a chunk more behind each. */
static enum assay_rc prove_chunks(struct assay_case *c, struct assay_proof *proof, uint8_t *bytes,
                                  const uint8_t *other)
{
    uint8_t *first = bytes + ASSAY_FILE_HEADER, *second = first + SEALED_CHUNK;
    const size_t whole = ASSAY_FILE_HEADER + 3 * SEALED_CHUNK, tail = SMALL_SEALED - whole;
    uint8_t *held = malloc(SEALED_CHUNK);
    if (!held)
        return ASSAY_NOMEM;
    enum assay_rc rc = forged(c, proof, "a file without its last chunk", bytes, whole);
    if (rc == ASSAY_OK)
        rc = forged(c, proof, "a file without its last bytes", bytes, SMALL_SEALED - 1);
    if (rc == ASSAY_OK)
        rc = forged(c, proof, "a header alone", bytes, ASSAY_FILE_HEADER);
    memcpy(held, first, SEALED_CHUNK);
    memcpy(first, second, SEALED_CHUNK);
    if (rc == ASSAY_OK)
        rc = forged(c, proof, "a chunk twice", bytes, SMALL_SEALED);
    memcpy(second, held, SEALED_CHUNK);
    if (rc == ASSAY_OK)
        rc = forged(c, proof, "chunks in another order", bytes, SMALL_SEALED);
    memcpy(second, first, SEALED_CHUNK);
    memcpy(first, other + ASSAY_FILE_HEADER, SEALED_CHUNK);
    if (rc == ASSAY_OK)
        rc = forged(c, proof, "another file's chunk", bytes, SMALL_SEALED);
    memcpy(first, held, SEALED_CHUNK);
    memcpy(held, bytes + whole, tail);
    memmove(bytes + whole, second, SEALED_CHUNK); /* one more before the last */
    memcpy(bytes + whole + SEALED_CHUNK, held, tail);
    if (rc == ASSAY_OK)
        rc = forged(c, proof, "a file with a chunk more", bytes, SMALL_SEALED + SEALED_CHUNK);
    memcpy(bytes + whole, held, tail);
    free(held);
    return rc;
}

static enum assay_rc prove_forgeries(struct assay_case *c, struct assay_proof *proof, uint8_t *bytes,
                                     uint8_t *other)
{
    struct file_state *s = c->state;
    assay_kex *stranger;
    size_t size;
    assay_fill(bytes, SMALL_SIZE, 500);
    ASSAY_TRY(set_small(c, 0, bytes, SMALL_SIZE));
    ASSAY_TRY(seal_file(c, s->small[0], s->small[1]));
    ASSAY_TRY(get_small(c, 1, other, SMALL_SEALED, &size));
    ASSAY_TRY(seal_file(c, s->small[0], s->small[1]));
    ASSAY_TRY(get_small(c, 1, bytes, SMALL_SEALED, &size));
    ASSAY_TRY(assay_expect_differs(c, proof, "sealing it again", bytes + ASSAY_FILE_HEADER,
                                   other + ASSAY_FILE_HEADER, ASSAY_FILE_CHUNK));
    ASSAY_TRY(kex_of(c, &assay_kex_vectors[1], &stranger));
    enum assay_rc rc = assay_file_match(&s->file, s->small[1], s->small[0], stranger);
    c->backend->kex->kex_free(stranger);
    ASSAY_TRY(assay_expect_refused(c, proof, "a file for another recipient", told(c, rc)));
    ASSAY_TRY(prove_bits(c, proof, bytes));
    return prove_chunks(c, proof, bytes, other);
}

static enum assay_rc file_prove(struct assay_case *c, struct assay_proof *proof)
{
    const size_t room = SMALL_SEALED + SEALED_CHUNK;
    uint8_t *bytes = malloc(room), *other = malloc(room);
    enum assay_rc rc = bytes && other ? ASSAY_OK : ASSAY_NOMEM;
    for (const struct assay_file_vector *v = assay_file_vectors; rc == ASSAY_OK && v->source; v++)
        if (v->alg == alg_of(c))
            rc = prove_vector(c, proof, v, bytes, room);
    if (rc == ASSAY_OK)
        rc = prove_forgeries(c, proof, bytes, other);
    free(bytes);
    free(other);
    ASSAY_TRY(rc);
    ASSAY_TRY(file_run(c, 1));
    return file_check(c);
}

static size_t file_room(const struct assay_case *c)
{
    (void)c;
    return ASSAY_FILE_HEADER + ARTIFACT_SIZE + ASSAY_TAG_SIZE;
}

static enum assay_rc file_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct file_state *s = c->state;
    uint8_t message[ARTIFACT_SIZE];
    assay_fill(message, sizeof message, 600);
    ASSAY_TRY(set_small(c, 0, message, sizeof message));
    ASSAY_TRY(seal_file(c, s->small[0], s->small[1]));
    return get_small(c, 1, out, room, size);
}

static enum assay_rc file_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct file_state *s = c->state;
    uint8_t message[ARTIFACT_SIZE];
    assay_fill(message, sizeof message, 600);
    ASSAY_TRY(set_small(c, 0, message, sizeof message));
    ASSAY_TRY(set_small(c, 1, in, size));
    enum assay_rc rc = assay_file_match(&s->file, s->small[1], s->small[0], s->recipient);
    return rc == ASSAY_AUTH ? assay_wrong(c, "the other's file does not open") : told(c, rc);
}

static const char *const headline[] = {"seal/aes-256-gcm/1048576/w1", NULL};
static const char *const full_only[] = {"*/1073741824/*", NULL};

const struct assay_kernel assay_file_seal_kernel = {
    .id = "file.seal",
    .summary = "a file sealed for an X25519 key, or opened, in chunks of 64 KiB, by w threads together",
    .source = "RFC 7748; RFC 5869; SP 800-38D; RFC 8439; STREAM, Hoang et al. 2015",
    .unit = ASSAY_UNIT_BYTES,
    .service = true,
    .params = params,
    .headline = headline,
    .full_only = full_only,
    .exists = file_exists,
    .supported = file_supported,
    .served = file_served,
    .bytes = file_bytes,
    .setup = file_setup,
    .prove = file_prove,
    .run = file_run,
    .check = file_check,
    .teardown = file_teardown,
    .artifact_room = file_room,
    .show = file_show,
    .accept = file_accept,
};
