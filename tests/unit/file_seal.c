/* SPDX-License-Identifier: Apache-2.0
 *
 * The sealed file: file_seal MODULE. What somebody without the key may do to one, in all places; the output
 * that is left then; and files that cannot be read or written.
 */
#include "kernels/service/file_seal.h"
#include "kernels/kernel.h"
#include "tests/kat/open_module.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CHUNK  ASSAY_FILE_CHUNK
#define SEALED (CHUNK + ASSAY_TAG_SIZE)
#define HEAD   ASSAY_FILE_HEADER
#define ROOM   (5 * SEALED + HEAD)

static const struct assay_backend *backend;
static assay_instance *instance;
static struct assay_file_seal file;
static assay_kex *recipient;
static uint8_t point[ASSAY_POINT_MAX];
static int plain, sealed, opened;
static uint8_t whole[ROOM], changed[ROOM];

static void set(int fd, const uint8_t *bytes, size_t size)
{
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes, size, 0), size);
}

static size_t size_of(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return (size_t)st.st_size;
}

static enum assay_rc seal(void)
{
    assay_kex *ephemeral;
    assert_int_equal(backend->kex->kex_generate(instance, ASSAY_X25519, &ephemeral), ASSAY_OK);
    enum assay_rc rc = assay_file_seal(&file, plain, sealed, ephemeral, point);
    backend->kex->kex_free(ephemeral);
    return rc;
}

/* Seals a file of that size into whole[]; returns its sealed size. */
static size_t make(size_t size)
{
    static uint8_t bytes[4 * CHUNK + 1];
    assay_fill(bytes, size, size);
    set(plain, bytes, size);
    assert_int_equal(seal(), ASSAY_OK);
    assert_int_equal(size_of(sealed), assay_file_sealed_size(size));
    assert_int_equal(pread(sealed, whole, sizeof whole, 0), size_of(sealed));
    return size_of(sealed);
}

/* changed[] is no file of the recipient's, and nothing of it is left. */
static void refused(size_t size)
{
    set(sealed, changed, size);
    set(opened, (const uint8_t *)"before", 6);
    assert_int_equal(assay_file_open(&file, sealed, opened, recipient), ASSAY_AUTH);
    assert_int_equal(size_of(opened), 0);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 4 * CHUNK + 1};
    for (size_t i = ASSAY_COUNT(sizes); i-- > 0;) { /* shorter ones over longer ones */
        make(sizes[i]);
        assert_int_equal(assay_file_open(&file, sealed, opened, recipient), ASSAY_OK);
        assert_int_equal(size_of(opened), sizes[i]);
        assert_int_equal(assay_file_match(&file, sealed, plain, recipient), ASSAY_OK);
        assert_int_equal(assay_file_match(&file, sealed, opened, recipient), ASSAY_OK);
    }
    const size_t size = make(2 * CHUNK + 9);
    assert_int_equal(assay_file_open(&file, sealed, opened, recipient), ASSAY_OK);
    assert_int_equal(assay_file_match(&file, sealed, opened, recipient), ASSAY_OK);
    assert_int_equal(pwrite(opened, "\0\0\0\0\0\0\0\0", 8, CHUNK + 3), 8);
    assert_int_equal(assay_file_match(&file, sealed, opened, recipient), ASSAY_AUTH);
    assert_int_equal(assay_file_open(&file, sealed, opened, recipient), ASSAY_OK);
    assert_int_equal(ftruncate(opened, (off_t)size), 0);
    assert_int_equal(assay_file_match(&file, sealed, opened, recipient), ASSAY_AUTH);
}

static void test_header(void **state)
{
    (void)state;
    size_t size = make(CHUNK + 5);
    memcpy(changed, whole, size);
    for (size_t at = 0; at < HEAD; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (at == HEAD - 1 && bit == 7)
                continue; /* X25519 ignores this bit (RFC 7748 §5), the key derivation does not: below */
            changed[at] ^= (uint8_t)(1u << bit);
            refused(size);
            changed[at] ^= (uint8_t)(1u << bit);
        }
    }
    changed[HEAD - 1] ^= 0x80;
    refused(size);
    memcpy(changed, whole, size);
    memset(changed + 16, 0, 32); /* a point that makes every secret the same */
    refused(size);
}

static void test_chunks(void **state)
{
    (void)state;
    size_t size = make(3 * CHUNK + 7);
    static uint8_t other[ROOM];
    uint8_t *chunk = changed + HEAD;
    memcpy(other, whole, size);
    make(3 * CHUNK + 7);
    for (size_t at = HEAD; at < size; at += 1 + at % 4099) {
        memcpy(changed, whole, size);
        changed[at] ^= 1;
        refused(size);
    }
    for (unsigned a = 0; a < 3; a++) {
        for (unsigned b = 0; b < 3; b++) { /* a in the place of b, b in that of a or not */
            if (a == b)
                continue;
            memcpy(changed, whole, size);
            memcpy(chunk + b * SEALED, whole + HEAD + a * SEALED, SEALED);
            refused(size);
            memcpy(chunk + a * SEALED, whole + HEAD + b * SEALED, SEALED);
            refused(size);
        }
        memcpy(changed, whole, size);
        memcpy(chunk + a * SEALED, other + HEAD + a * SEALED, SEALED); /* another file's */
        refused(size);
        memcpy(changed, whole, size); /* left out */
        memmove(chunk + a * SEALED, chunk + (a + 1) * SEALED, size - HEAD - (a + 1) * SEALED);
        refused(size - SEALED);
        memcpy(changed, whole, size); /* twice */
        memmove(chunk + (a + 1) * SEALED, chunk + a * SEALED, size - HEAD - a * SEALED);
        refused(size + SEALED);
    }
    memcpy(changed, other, HEAD); /* the chunks of one file under the header of another */
    memcpy(changed + HEAD, whole + HEAD, size - HEAD);
    refused(size);
}

static void test_cut(void **state)
{
    (void)state;
    size_t size = make(2 * CHUNK);
    memcpy(changed, whole, size);
    refused(HEAD + SEALED); /* at a chunk's end: the first one is not the last */
    refused(HEAD + SEALED + ASSAY_TAG_SIZE);
    for (size_t rest = 1; rest < ASSAY_TAG_SIZE; rest++)
        refused(HEAD + SEALED + rest);
    for (size_t cut = 1; cut < 40; cut++)
        refused(size - cut);
    for (size_t left = 0; left <= HEAD + ASSAY_TAG_SIZE; left++)
        refused(left);
    for (size_t more = 1; more < 40; more++) { /* longer: what was the last is not */
        memset(changed + size, 0, more);
        refused(size + more);
    }
    memcpy(changed + size, whole + HEAD + SEALED, SEALED); /* the last chunk again */
    refused(size + SEALED);
    size = make(0);
    memcpy(changed, whole, size);
    refused(size - 1);
}

static void test_stranger(void **state)
{
    (void)state;
    assay_kex *stranger;
    make(10);
    assert_int_equal(backend->kex->kex_generate(instance, ASSAY_X25519, &stranger), ASSAY_OK);
    assert_int_equal(assay_file_open(&file, sealed, opened, stranger), ASSAY_AUTH);
    backend->kex->kex_free(stranger);
    assert_int_equal(assay_file_open(&file, sealed, opened, recipient), ASSAY_OK);
}

/* Two files of the same content share nothing but the header's first half. */
static void test_fresh(void **state)
{
    (void)state;
    size_t size = make(CHUNK);
    memcpy(changed, whole, size);
    make(CHUNK);
    assert_memory_equal(whole, changed, 16);
    assert_memory_not_equal(whole + 16, changed + 16, 32);
    assert_memory_not_equal(whole + HEAD, changed + HEAD, 32);
}

static void test_faults(void **state)
{
    (void)state;
    char path[64];
    make(3 * CHUNK);
    snprintf(path, sizeof path, "/proc/self/fd/%d", opened);
    int read_only = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(read_only >= 0);
    assert_int_equal(assay_file_open(&file, sealed, read_only, recipient), ASSAY_LIBRARY);
    assert_int_equal(file.error, EBADF);
    assert_int_equal(assay_file_open(&file, -1, opened, recipient), ASSAY_LIBRARY);
    assert_int_equal(file.error, EBADF);
    int kept = sealed;
    sealed = read_only;
    assert_int_equal(seal(), ASSAY_LIBRARY);
    sealed = kept;
    close(read_only);
    assert_int_equal(assay_file_open(&file, sealed, opened, recipient), ASSAY_OK);
    assert_int_equal(file.error, 0);
}

static bool has(enum assay_op op, enum assay_alg alg)
{
    char why[200];
    return backend->supports(instance, op, alg, why, sizeof why);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),  cmocka_unit_test(test_header), cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_cut),    cmocka_unit_test(test_fresh),  cmocka_unit_test(test_stranger),
        cmocka_unit_test(test_faults),
    };
    static const enum assay_alg algs[] = {ASSAY_AES_256_GCM, ASSAY_CHACHA20_POLY1305};
    int failed = 0;
    size_t size;
    if (argc != 2 || !open_module(1, argv + 1, &backend, &instance))
        return 2;
    if (!backend->kex || !backend->kdf || !backend->aead || !has(ASSAY_OP_KEX, ASSAY_X25519) ||
        !has(ASSAY_OP_KDF, ASSAY_HKDF_SHA256) || !has(ASSAY_OP_AEAD, ASSAY_AES_256_GCM)) {
        printf("skipped: the module has no X25519, HKDF or AES-256-GCM\n");
        return 77;
    }
    plain = memfd_create("plain", MFD_CLOEXEC);
    sealed = memfd_create("sealed", MFD_CLOEXEC);
    opened = memfd_create("opened", MFD_CLOEXEC);
    if (plain < 0 || sealed < 0 || opened < 0 ||
        backend->kex->kex_generate(instance, ASSAY_X25519, &recipient) != ASSAY_OK ||
        backend->kex->public_value(recipient, point, &size) != ASSAY_OK)
        return 1;
    for (unsigned i = 0; i < 4; i++) {
        file = (struct assay_file_seal){
            .backend = backend, .instance = instance, .alg = algs[i / 2], .hands = i % 2 ? 4 : 1};
        if (!has(ASSAY_OP_AEAD, file.alg))
            continue;
        failed += assay_file_start(&file) != ASSAY_OK || cmocka_run_group_tests(tests, NULL, NULL);
        assay_file_end(&file);
    }
    backend->kex->kex_free(recipient);
    return failed;
}
