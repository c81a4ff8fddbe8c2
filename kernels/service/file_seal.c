/* SPDX-License-Identifier: Apache-2.0
 *
 * The format, and the threads that share a file's chunks: each takes the next, until there is none or one of
 * them has failed.
 */
#include "kernels/service/file_seal.h"
#include "kernels/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALED_CHUNK (ASSAY_FILE_CHUNK + ASSAY_TAG_SIZE)
#define CHUNK_LOG    16u
#define KEY_SIZE     32u
#define LABEL        "assay file.seal v1"

static const uint8_t magic[8] = {'a', 's', 's', 'a', 'y', 'f', 's', '1'};

uint64_t assay_file_sealed_size(uint64_t size)
{
    uint64_t chunks = size == 0 ? 1 : (size + ASSAY_FILE_CHUNK - 1) / ASSAY_FILE_CHUNK;
    return ASSAY_FILE_HEADER + size + chunks * ASSAY_TAG_SIZE;
}

enum assay_rc assay_file_start(struct assay_file_seal *f)
{
    const uint8_t none[KEY_SIZE] = {0}; /* a file's key comes with the file */
    f->hand = calloc(f->hands, sizeof *f->hand);
    f->crew = assay_crew_new(f->hands);
    if (!f->hand || !f->crew)
        return ASSAY_NOMEM;
    for (unsigned i = 0; i < f->hands; i++) {
        struct assay_file_hand *h = &f->hand[i];
        h->plain = assay_buffer(ASSAY_FILE_CHUNK);
        h->sealed = assay_buffer(SEALED_CHUNK);
        if (!h->plain || !h->sealed)
            return ASSAY_NOMEM;
        ASSAY_TRY(f->backend->aead->aead_new(f->instance, f->alg, none, &h->aead));
    }
    return f->backend->kdf->kdf_new(f->instance, ASSAY_HKDF_SHA256, &f->kdf);
}

void assay_file_end(struct assay_file_seal *f)
{
    assay_crew_free(f->crew);
    for (unsigned i = 0; f->hand && i < f->hands; i++) {
        struct assay_file_hand *h = &f->hand[i];
        if (h->aead)
            f->backend->aead->aead_free(h->aead);
        if (h->plain)
            explicit_bzero(h->plain, ASSAY_FILE_CHUNK);
        free(h->plain);
        free(h->sealed);
    }
    free(f->hand);
    if (f->kdf)
        f->backend->kdf->kdf_free(f->kdf);
    memset(f, 0, sizeof *f);
}

/* All of it, or errno; a file that ends before is EIO. */
static int read_at(int fd, uint8_t *out, size_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t n = pread(fd, out, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        out += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_at(int fd, const uint8_t *in, size_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, in, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        in += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

static void nonce_of(const struct assay_file_seal *f, uint64_t chunk, uint8_t nonce[ASSAY_NONCE_SIZE])
{
    memcpy(nonce, f->prefix, sizeof f->prefix);
    for (unsigned i = 0; i < 4; i++)
        nonce[7 + i] = (uint8_t)(chunk >> (24 - 8 * i));
    nonce[11] = chunk + 1 == f->chunks;
}

static enum assay_rc seal_chunk(struct assay_file_seal *f, struct assay_file_hand *h, uint64_t chunk,
                                size_t size)
{
    uint8_t nonce[ASSAY_NONCE_SIZE];
    nonce_of(f, chunk, nonce);
    h->error = read_at(f->in, h->plain, size, chunk * ASSAY_FILE_CHUNK);
    if (h->error)
        return ASSAY_LIBRARY;
    ASSAY_TRY(f->backend->aead->seal(h->aead, h->sealed, nonce, h->plain, size, NULL, 0));
    h->error = write_at(f->out, h->sealed, size + ASSAY_TAG_SIZE, ASSAY_FILE_HEADER + chunk * SEALED_CHUNK);
    return h->error ? ASSAY_LIBRARY : ASSAY_OK;
}

static enum assay_rc open_chunk(struct assay_file_seal *f, struct assay_file_hand *h, uint64_t chunk,
                                size_t size)
{
    uint8_t nonce[ASSAY_NONCE_SIZE];
    nonce_of(f, chunk, nonce);
    h->error = read_at(f->in, h->sealed, size + ASSAY_TAG_SIZE, ASSAY_FILE_HEADER + chunk * SEALED_CHUNK);
    if (h->error)
        return ASSAY_LIBRARY;
    ASSAY_TRY(f->backend->aead->open(h->aead, h->plain, nonce, h->sealed, size + ASSAY_TAG_SIZE, NULL, 0));
    if (f->way == ASSAY_FILE_OPEN)
        h->error = write_at(f->out, h->plain, size, chunk * ASSAY_FILE_CHUNK);
    else
        h->error = read_at(f->out, h->sealed, size, chunk * ASSAY_FILE_CHUNK);
    if (h->error)
        return ASSAY_LIBRARY;
    return f->way == ASSAY_FILE_OPEN || memcmp(h->sealed, h->plain, size) == 0 ? ASSAY_OK : ASSAY_AUTH;
}

static void take_chunks(void *data, unsigned hand)
{
    struct assay_file_seal *f = data;
    struct assay_file_hand *h = &f->hand[hand];
    while (!atomic_load_explicit(&f->stop, memory_order_relaxed)) {
        uint64_t chunk = atomic_fetch_add_explicit(&f->next, 1, memory_order_relaxed);
        if (chunk >= f->chunks)
            return;
        uint64_t left = f->plain_size - chunk * ASSAY_FILE_CHUNK;
        size_t size = left < ASSAY_FILE_CHUNK ? (size_t)left : ASSAY_FILE_CHUNK;
        h->rc = f->way == ASSAY_FILE_SEAL ? seal_chunk(f, h, chunk, size) : open_chunk(f, h, chunk, size);
        if (h->rc != ASSAY_OK)
            atomic_store(&f->stop, true);
    }
}

static enum assay_rc all_chunks(struct assay_file_seal *f)
{
    for (unsigned i = 0; i < f->hands; i++) {
        f->hand[i].rc = ASSAY_OK;
        f->hand[i].error = 0;
    }
    atomic_store(&f->next, 0);
    atomic_store(&f->stop, false);
    assay_crew_run(f->crew, take_chunks, f);
    for (unsigned i = 0; i < f->hands; i++) {
        if (f->hand[i].rc != ASSAY_OK) {
            f->error = f->hand[i].error;
            return f->hand[i].rc;
        }
    }
    return ASSAY_OK;
}

/* Key and nonce prefix of one file, from its header, for both sides. */
static enum assay_rc key_chunks(struct assay_file_seal *f, assay_kex *own, const uint8_t *peer,
                                const uint8_t header[ASSAY_FILE_HEADER],
                                const uint8_t recipient[ASSAY_FILE_POINT])
{
    uint8_t secret[32], okm[KEY_SIZE + sizeof f->prefix];
    uint8_t info[sizeof LABEL - 1 + ASSAY_FILE_HEADER + ASSAY_FILE_POINT] = LABEL;
    memcpy(info + sizeof LABEL - 1, header, ASSAY_FILE_HEADER);
    memcpy(info + sizeof LABEL - 1 + ASSAY_FILE_HEADER, recipient, ASSAY_FILE_POINT);
    const struct assay_hkdf_input input = {.ikm = {secret, sizeof secret}, .info = {info, sizeof info}};
    enum assay_rc rc = f->backend->kex->derive(own, secret, peer, ASSAY_FILE_POINT);
    if (rc == ASSAY_OK)
        rc = f->backend->kdf->hkdf(f->kdf, okm, sizeof okm, &input);
    for (unsigned i = 0; rc == ASSAY_OK && i < f->hands; i++)
        rc = f->backend->aead->rekey(f->hand[i].aead, okm);
    if (rc == ASSAY_OK)
        memcpy(f->prefix, okm + KEY_SIZE, sizeof f->prefix);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(okm, sizeof okm);
    return rc;
}

static enum assay_rc public_of(const struct assay_file_seal *f, assay_kex *kex, uint8_t out[ASSAY_FILE_POINT])
{
    uint8_t point[ASSAY_POINT_MAX];
    size_t size;
    ASSAY_TRY(f->backend->kex->public_value(kex, point, &size));
    if (size != ASSAY_FILE_POINT)
        return ASSAY_INPUT;
    memcpy(out, point, ASSAY_FILE_POINT);
    return ASSAY_OK;
}

static enum assay_rc system_failed(struct assay_file_seal *f, int error)
{
    f->error = error;
    return ASSAY_LIBRARY;
}

static void write_header(const struct assay_file_seal *f, uint8_t header[ASSAY_FILE_HEADER])
{
    memset(header, 0, ASSAY_FILE_HEADER);
    memcpy(header, magic, sizeof magic);
    header[8] = f->alg == ASSAY_AES_256_GCM ? 1 : 2;
    header[9] = CHUNK_LOG;
}

static enum assay_rc seal_all(struct assay_file_seal *f, assay_kex *ephemeral,
                              const uint8_t recipient[ASSAY_FILE_POINT])
{
    uint8_t header[ASSAY_FILE_HEADER];
    struct stat st;
    f->error = 0;
    if (fstat(f->in, &st) != 0)
        return system_failed(f, errno);
    f->plain_size = (uint64_t)st.st_size;
    f->chunks = f->plain_size == 0 ? 1 : (f->plain_size + ASSAY_FILE_CHUNK - 1) / ASSAY_FILE_CHUNK;
    if (f->chunks > UINT32_MAX)
        return ASSAY_INPUT;
    write_header(f, header);
    ASSAY_TRY(public_of(f, ephemeral, header + 16));
    ASSAY_TRY(key_chunks(f, ephemeral, recipient, header, recipient));
    int error = write_at(f->out, header, sizeof header, 0);
    if (error)
        return system_failed(f, error);
    ASSAY_TRY(all_chunks(f));
    return ftruncate(f->out, (off_t)assay_file_sealed_size(f->plain_size)) == 0 ? ASSAY_OK
                                                                                : system_failed(f, errno);
}

static enum assay_rc open_all(struct assay_file_seal *f, assay_kex *recipient)
{
    uint8_t header[ASSAY_FILE_HEADER], want[ASSAY_FILE_HEADER], own[ASSAY_FILE_POINT];
    struct stat st;
    f->error = 0;
    if (fstat(f->in, &st) != 0)
        return system_failed(f, errno);
    if ((uint64_t)st.st_size < ASSAY_FILE_HEADER + ASSAY_TAG_SIZE)
        return ASSAY_AUTH;
    uint64_t body = (uint64_t)st.st_size - ASSAY_FILE_HEADER;
    f->chunks = (body + SEALED_CHUNK - 1) / SEALED_CHUNK;
    if (body - (f->chunks - 1) * SEALED_CHUNK < ASSAY_TAG_SIZE || f->chunks > UINT32_MAX)
        return ASSAY_AUTH;
    f->plain_size = body - f->chunks * ASSAY_TAG_SIZE;
    int error = read_at(f->in, header, sizeof header, 0);
    if (error)
        return system_failed(f, error);
    write_header(f, want);
    if (memcmp(header, want, 16) != 0)
        return ASSAY_AUTH;
    ASSAY_TRY(public_of(f, recipient, own));
    ASSAY_TRY(key_chunks(f, recipient, header + 16, header, own));
    return all_chunks(f);
}

/* Who got half a file must not take it for one. */
static enum assay_rc cut(struct assay_file_seal *f, enum assay_rc rc)
{
    if (rc != ASSAY_OK && ftruncate(f->out, 0) != 0 && !f->error)
        f->error = errno;
    return rc;
}

enum assay_rc assay_file_seal(struct assay_file_seal *f, int in, int out, assay_kex *ephemeral,
                              const uint8_t recipient[ASSAY_FILE_POINT])
{
    f->way = ASSAY_FILE_SEAL;
    f->in = in;
    f->out = out;
    return cut(f, seal_all(f, ephemeral, recipient));
}

enum assay_rc assay_file_open(struct assay_file_seal *f, int in, int out, assay_kex *recipient)
{
    f->way = ASSAY_FILE_OPEN;
    f->in = in;
    f->out = out;
    enum assay_rc rc = open_all(f, recipient);
    if (rc == ASSAY_OK && ftruncate(out, (off_t)f->plain_size) != 0)
        rc = system_failed(f, errno);
    return cut(f, rc);
}

enum assay_rc assay_file_match(struct assay_file_seal *f, int in, int plain, assay_kex *recipient)
{
    struct stat st;
    f->way = ASSAY_FILE_MATCH;
    f->in = in;
    f->out = plain;
    if (fstat(plain, &st) != 0)
        return system_failed(f, errno);
    ASSAY_TRY(open_all(f, recipient));
    return (uint64_t)st.st_size == f->plain_size ? ASSAY_OK : ASSAY_AUTH;
}
