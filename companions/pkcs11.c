/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/pkcs11.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct pkcs11 {
    CK_FUNCTION_LIST *p11;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session; /* of the thread that opened it: keeps the log-in and the keys alive */
    CK_OBJECT_HANDLE wrapping, signing, verifying;
};

static _Thread_local CK_SESSION_HANDLE thread_session;
static _Thread_local char failure[120];

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* What a call returned, as the KMS says it. */
static enum assay_rc judge(const char *call, CK_RV rv)
{
    if (rv == CKR_OK)
        return ASSAY_OK;
    snprintf(failure, sizeof failure, "%s: CKR 0x%lx", call, (unsigned long)rv);
    return ASSAY_LIBRARY;
}

static enum assay_rc session_for(struct pkcs11 *t, CK_SESSION_HANDLE *out)
{
    enum assay_rc rc = ASSAY_OK;
    if (!thread_session)
        rc = judge("C_OpenSession", t->p11->C_OpenSession(t->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                                          NULL, &thread_session));
    *out = thread_session;
    return rc;
}

static CK_MECHANISM gcm(CK_GCM_PARAMS *params, const uint8_t *nonce, struct assay_bytes aad)
{
    *params = (CK_GCM_PARAMS){.pIv = (CK_BYTE *)(uintptr_t)nonce,
                              .ulIvLen = ASSAY_NONCE_SIZE,
                              .ulIvBits = ASSAY_NONCE_SIZE * 8,
                              .pAAD = (CK_BYTE *)(uintptr_t)aad.data,
                              .ulAADLen = aad.size,
                              .ulTagBits = ASSAY_TAG_SIZE * 8};
    return (CK_MECHANISM){CKM_AES_GCM, params, sizeof *params};
}

static enum assay_rc pkcs11_wrap(struct assay_kms *kms, uint8_t *out, struct assay_bytes dek,
                                 struct assay_bytes aad)
{
    struct pkcs11 *t = kms->state;
    CK_SESSION_HANDLE session;
    CK_GCM_PARAMS params;
    CK_ULONG size = dek.size + ASSAY_TAG_SIZE;
    enum assay_rc rc = session_for(t, &session);
    if (rc == ASSAY_OK)
        rc = judge("C_GenerateRandom", t->p11->C_GenerateRandom(session, out, ASSAY_NONCE_SIZE));
    CK_MECHANISM mechanism = gcm(&params, out, aad);
    if (rc == ASSAY_OK)
        rc = judge("C_EncryptInit", t->p11->C_EncryptInit(session, &mechanism, t->wrapping));
    if (rc == ASSAY_OK)
        rc = judge("C_Encrypt", t->p11->C_Encrypt(session, (CK_BYTE *)(uintptr_t)dek.data, dek.size,
                                                  out + ASSAY_NONCE_SIZE, &size));
    return rc == ASSAY_OK && size != dek.size + ASSAY_TAG_SIZE ? ASSAY_LIBRARY : rc;
}

static enum assay_rc pkcs11_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                   struct assay_bytes aad)
{
    struct pkcs11 *t = kms->state;
    CK_SESSION_HANDLE session;
    CK_GCM_PARAMS params;
    CK_BYTE plain[ASSAY_KMS_DEK_MAX + ASSAY_TAG_SIZE]; /* tokens ask for room for the tag too */
    CK_ULONG size = sizeof plain;
    CK_MECHANISM mechanism = gcm(&params, wrapped.data, aad);
    enum assay_rc rc = session_for(t, &session);
    if (rc == ASSAY_OK)
        rc = judge("C_DecryptInit", t->p11->C_DecryptInit(session, &mechanism, t->wrapping));
    if (rc != ASSAY_OK)
        return rc;
    CK_RV rv = t->p11->C_Decrypt(session, (CK_BYTE *)(uintptr_t)wrapped.data + ASSAY_NONCE_SIZE,
                                 wrapped.size - ASSAY_NONCE_SIZE, plain, &size);
    /* SoftHSM 2.6.1 says no more than "general error" when a tag is wrong. */
    if (rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_GENERAL_ERROR)
        return ASSAY_AUTH;
    rc = judge("C_Decrypt", rv);
    if (rc == ASSAY_OK && size != wrapped.size - ASSAY_KMS_OVERHEAD)
        rc = ASSAY_LIBRARY;
    if (rc == ASSAY_OK)
        memcpy(dek, plain, size);
    explicit_bzero(plain, sizeof plain);
    return rc;
}

/* A half of a raw signature as a DER INTEGER: no leading zeros but the one that keeps it positive. */
static size_t put_integer(uint8_t *out, const uint8_t *half, size_t size)
{
    while (size > 1 && half[0] == 0) {
        half++;
        size--;
    }
    size_t pad = half[0] >> 7;
    out[0] = 2;
    out[1] = (uint8_t)(size + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, half, size);
    return 2 + pad + size;
}

static enum assay_rc pkcs11_sign(struct assay_kms *kms, uint8_t *sig, size_t *sig_size,
                                 struct assay_bytes message)
{
    struct pkcs11 *t = kms->state;
    CK_SESSION_HANDLE session;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, ecdsa = {CKM_ECDSA, NULL, 0};
    CK_BYTE digest[32], raw[64];
    CK_ULONG digest_size = sizeof digest, raw_size = sizeof raw;
    enum assay_rc rc = session_for(t, &session);
    if (rc == ASSAY_OK)
        rc = judge("C_DigestInit", t->p11->C_DigestInit(session, &sha256));
    if (rc == ASSAY_OK)
        rc = judge("C_Digest", t->p11->C_Digest(session, (CK_BYTE *)(uintptr_t)message.data, message.size,
                                                digest, &digest_size));
    if (rc == ASSAY_OK)
        rc = judge("C_SignInit", t->p11->C_SignInit(session, &ecdsa, t->signing));
    if (rc == ASSAY_OK)
        rc = judge("C_Sign", t->p11->C_Sign(session, digest, digest_size, raw, &raw_size));
    if (rc == ASSAY_OK && raw_size != sizeof raw)
        rc = ASSAY_LIBRARY;
    if (rc != ASSAY_OK)
        return rc;
    size_t n = put_integer(sig + 2, raw, 32);
    n += put_integer(sig + 2 + n, raw + 32, 32);
    sig[0] = 0x30;
    sig[1] = (uint8_t)n;
    *sig_size = 2 + n;
    return ASSAY_OK;
}

static enum assay_rc pkcs11_public(struct assay_kms *kms, uint8_t point[65])
{
    struct pkcs11 *t = kms->state;
    CK_SESSION_HANDLE session;
    CK_BYTE value[67]; /* an OCTET STRING around the point */
    CK_ATTRIBUTE wanted = {CKA_EC_POINT, value, sizeof value};
    enum assay_rc rc = session_for(t, &session);
    if (rc == ASSAY_OK)
        rc = judge("C_GetAttributeValue", t->p11->C_GetAttributeValue(session, t->verifying, &wanted, 1));
    if (rc == ASSAY_OK && (wanted.ulValueLen != sizeof value || value[0] != 4 || value[1] != 65))
        rc = ASSAY_LIBRARY;
    if (rc == ASSAY_OK)
        memcpy(point, value + 2, 65);
    return rc;
}

static enum assay_rc pkcs11_ping(struct assay_kms *kms)
{
    (void)kms;
    return ASSAY_OK;
}

static const char *pkcs11_error(struct assay_kms *kms)
{
    (void)kms;
    return failure;
}

static void pkcs11_close(struct assay_kms *kms)
{
    struct pkcs11 *t = kms->state;
    if (t->p11)
        t->p11->C_Finalize(NULL);
    free(t);
    free(kms);
}

static enum assay_rc make_keys(struct pkcs11 *t)
{
    CK_ULONG length = 32;
    static CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                             0xce, 0x3d, 0x03, 0x01, 0x07}; /* RFC 5480 §2.1.1.1 */
    CK_MECHANISM aes = {CKM_AES_KEY_GEN, NULL, 0}, ec = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE wrapping[] = {{CKA_TOKEN, &no, 1},       {CKA_SENSITIVE, &yes, 1},
                               {CKA_EXTRACTABLE, &no, 1}, {CKA_ENCRYPT, &yes, 1},
                               {CKA_DECRYPT, &yes, 1},    {CKA_VALUE_LEN, &length, sizeof length}};
    CK_ATTRIBUTE verifying[] = {
        {CKA_TOKEN, &no, 1}, {CKA_VERIFY, &yes, 1}, {CKA_EC_PARAMS, p256, sizeof p256}};
    CK_ATTRIBUTE signing[] = {{CKA_TOKEN, &no, 1},
                              {CKA_PRIVATE, &yes, 1},
                              {CKA_SENSITIVE, &yes, 1},
                              {CKA_EXTRACTABLE, &no, 1},
                              {CKA_SIGN, &yes, 1}};
    enum assay_rc rc =
        judge("C_GenerateKey", t->p11->C_GenerateKey(t->session, &aes, wrapping,
                                                     sizeof wrapping / sizeof *wrapping, &t->wrapping));
    if (rc == ASSAY_OK)
        rc = judge("C_GenerateKeyPair",
                   t->p11->C_GenerateKeyPair(t->session, &ec, verifying, sizeof verifying / sizeof *verifying,
                                             signing, sizeof signing / sizeof *signing, &t->verifying,
                                             &t->signing));
    return rc;
}

/* A fresh token with a PIN that nobody knows, logged into. */
static enum assay_rc make_token(struct pkcs11 *t)
{
    CK_UTF8CHAR pin[16], label[32];
    CK_ULONG slots = 1;
    uint8_t random[sizeof pin];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return judge("getrandom", CKR_FUNCTION_FAILED);
    for (size_t i = 0; i < sizeof pin; i++)
        pin[i] = (CK_UTF8CHAR)('a' + random[i] % 16);
    memset(label, ' ', sizeof label);
    memcpy(label, "assay", 5);
    CK_SLOT_ID list[16];
    slots = sizeof list / sizeof *list;
    enum assay_rc rc = judge("C_GetSlotList", t->p11->C_GetSlotList(CK_TRUE, list, &slots));
    if (rc == ASSAY_OK && slots == 0)
        rc = judge("C_GetSlotList", CKR_TOKEN_NOT_PRESENT);
    if (rc == ASSAY_OK) {
        t->slot = list[slots - 1];
        rc = judge("C_InitToken", t->p11->C_InitToken(t->slot, pin, sizeof pin, label));
    }
    if (rc == ASSAY_OK)
        rc = judge("C_OpenSession", t->p11->C_OpenSession(t->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                                          NULL, &t->session));
    if (rc == ASSAY_OK)
        rc = judge("C_Login", t->p11->C_Login(t->session, CKU_SO, pin, sizeof pin));
    if (rc == ASSAY_OK)
        rc = judge("C_InitPIN", t->p11->C_InitPIN(t->session, pin, sizeof pin));
    if (rc == ASSAY_OK)
        rc = judge("C_Logout", t->p11->C_Logout(t->session));
    if (rc == ASSAY_OK)
        rc = judge("C_Login", t->p11->C_Login(t->session, CKU_USER, pin, sizeof pin));
    explicit_bzero(pin, sizeof pin);
    explicit_bzero(random, sizeof random);
    return rc;
}

struct assay_kms *assay_kms_pkcs11(const char *library, char *why, size_t why_size)
{
    CK_C_GetFunctionList get = NULL;
    CK_C_INITIALIZE_ARGS threads = {.flags = CKF_OS_LOCKING_OK};
    CK_FUNCTION_LIST *p11;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "C_GetFunctionList") : NULL;
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from an object's pointer to a function's */
    if (!get) {
        snprintf(why, why_size, "%s", dlerror());
        return NULL;
    }
    struct assay_kms *kms = calloc(1, sizeof *kms);
    struct pkcs11 *t = calloc(1, sizeof *t);
    if (!kms || !t) {
        free(kms);
        free(t);
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    *kms = (struct assay_kms){"pkcs11",      t,           pkcs11_wrap,  pkcs11_unwrap, pkcs11_sign,
                              pkcs11_public, pkcs11_ping, pkcs11_error, pkcs11_close};
    enum assay_rc rc = judge("C_GetFunctionList", get(&p11));
    if (rc == ASSAY_OK)
        rc = judge("C_Initialize", p11->C_Initialize(&threads));
    if (rc == ASSAY_OK) {
        t->p11 = p11;
        rc = make_token(t);
    }
    if (rc == ASSAY_OK)
        rc = make_keys(t);
    if (rc == ASSAY_OK)
        return kms;
    snprintf(why, why_size, "%s: %s", library, failure);
    pkcs11_close(kms);
    return NULL;
}
