/* SPDX-License-Identifier: Apache-2.0
 *
 * What the harness is measured against: plain loops around libcrypto's own calls, with no assay code in them.
 * Usage: plain-openssl seal-64|seal-16384|sign-ed25519|verify-p256 SECONDS; prints nanoseconds an operation.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MESSAGE_SIZE 59 /* as assay's sign and verify kernels have it */

static void must(int ok, const char *what)
{
    if (ok <= 0) {
        fprintf(stderr, "plain-openssl: %s failed\n", what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct loop {
    EVP_CIPHER_CTX *cipher;
    EVP_MD_CTX *md;
    EVP_PKEY *key;
    EVP_PKEY_CTX *pkey;
    EVP_MD *sha256;
    size_t size;
    uint8_t *in, *out, nonce[12], aad[13], signature[256];
    size_t signature_size;
};

static void seal(struct loop *l, uint64_t n)
{
    int size;
    for (uint64_t i = 0; i < n; i++) {
        for (int k = 11; k >= 4 && ++l->nonce[k] == 0; k--)
            continue;
        must(EVP_EncryptInit_ex2(l->cipher, NULL, NULL, l->nonce, NULL), "init");
        must(EVP_EncryptUpdate(l->cipher, NULL, &size, l->aad, sizeof l->aad), "aad");
        must(EVP_EncryptUpdate(l->cipher, l->out, &size, l->in, (int)l->size), "update");
        must(EVP_EncryptFinal_ex(l->cipher, l->out + size, &size), "final");
        must(EVP_CIPHER_CTX_ctrl(l->cipher, EVP_CTRL_AEAD_GET_TAG, 16, l->out + l->size), "tag");
    }
}

static void sign(struct loop *l, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        l->signature_size = sizeof l->signature;
        must(EVP_DigestSign(l->md, l->signature, &l->signature_size, l->in, MESSAGE_SIZE), "sign");
    }
}

static void verify(struct loop *l, uint64_t n)
{
    uint8_t digest[32];
    for (uint64_t i = 0; i < n; i++) {
        must(EVP_DigestInit_ex2(l->md, l->sha256, NULL), "digest");
        must(EVP_DigestUpdate(l->md, l->in, MESSAGE_SIZE), "digest");
        must(EVP_DigestFinal_ex(l->md, digest, NULL), "digest");
        must(EVP_PKEY_verify(l->pkey, l->signature, l->signature_size, digest, sizeof digest), "verify");
    }
}

static void prepare_seal(struct loop *l, size_t size)
{
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    uint8_t key[32] = {1}; /* a test key */
    l->size = size;
    l->cipher = EVP_CIPHER_CTX_new();
    must(gcm && EVP_EncryptInit_ex2(l->cipher, gcm, key, NULL, NULL), "key");
    EVP_CIPHER_free(gcm);
}

static void prepare_sign(struct loop *l)
{
    l->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    l->md = EVP_MD_CTX_new();
    must(l->key && EVP_DigestSignInit(l->md, NULL, NULL, NULL, l->key), "key");
}

static void prepare_verify(struct loop *l)
{
    uint8_t digest[32];
    l->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    l->md = EVP_MD_CTX_new();
    l->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    l->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, l->key, NULL);
    must(EVP_Digest(l->in, MESSAGE_SIZE, digest, NULL, l->sha256, NULL), "digest");
    l->signature_size = sizeof l->signature;
    must(EVP_PKEY_sign_init(l->pkey), "sign");
    must(EVP_PKEY_sign(l->pkey, l->signature, &l->signature_size, digest, sizeof digest), "sign");
    must(EVP_PKEY_verify_init(l->pkey), "verify");
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 0;
    struct loop l = {.in = aligned_alloc(64, 32768), .out = aligned_alloc(64, 32768)};
    void (*run)(struct loop *, uint64_t) = seal;
    must(l.in && l.out, "memory");
    memset(l.in, 0x5a, 32768);
    memset(l.out, 0, 32768);
    if (strcmp(what, "seal-64") == 0) {
        prepare_seal(&l, 64);
    } else if (strcmp(what, "seal-16384") == 0) {
        prepare_seal(&l, 16384);
    } else if (strcmp(what, "sign-ed25519") == 0) {
        prepare_sign(&l);
        run = sign;
    } else if (strcmp(what, "verify-p256") == 0) {
        prepare_verify(&l);
        run = verify;
    } else {
        fputs("usage: plain-openssl seal-64|seal-16384|sign-ed25519|verify-p256 SECONDS\n", stderr);
        return 2;
    }
    uint64_t n = 1, total = 0;
    double start = now(), spent;
    while (now() - start < 2e7) { /* warm-up, and how many last about 20 ms */
        run(&l, n);
        n *= 2;
    }
    for (start = now(); (spent = now() - start) < seconds * 1e9; total += n)
        run(&l, n);
    printf("%.2f\n", spent / (double)total);
    return 0;
}
