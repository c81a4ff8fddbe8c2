/* SPDX-License-Identifier: Apache-2.0
 *
 * The ABI between assay and a backend module: the only header a module includes.
 *
 * A module is a shared object that exports one symbol, assay_backend_get(), which returns a constant table.
 * One worker process loads one module and keeps it until it exits, so a module may assume that no other
 * crypto library lives in its process.
 *
 * Conventions, for every function below unless it says otherwise:
 *  - Sizes are bytes. Keys, nonces, points and scalars are raw octets in the byte order of their RFC.
 *  - Inputs and outputs do not overlap, except in-place AEAD (out == in), which a backend must accept.
 *  - Pointers handed in are borrowed for the call; what a *_new function returns belongs to the caller, who
 *    gives it back to the matching *_free (which accepts NULL). NULL is a valid pointer for an empty input.
 *  - A context belongs to one thread at a time; an instance is shared by all threads.
 *  - On any result but ASSAY_OK the contents of the outputs are undefined, and *new pointers are set to NULL.
 *  - The text of the last failure in the calling thread is had from last_error().
 *  - The header is append-only: a field added later reads as absent through `size`.
 */
#ifndef ASSAY_BACKEND_H
#define ASSAY_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_ABI 1u

#if defined(__GNUC__)
#define ASSAY_MUST_CHECK __attribute__((warn_unused_result))
#define ASSAY_EXPORT     __attribute__((visibility("default")))
#else
#define ASSAY_MUST_CHECK
#define ASSAY_EXPORT
#endif

enum assay_rc {
    ASSAY_OK = 0,
    ASSAY_UNSUPPORTED, /* the library has no such algorithm, size or operation */
    ASSAY_AUTH,        /* a tag, signature, wrapped key or peer did not verify; a verdict, not a fault */
    ASSAY_INPUT,       /* an argument is outside what this header allows */
    ASSAY_NOMEM,
    ASSAY_LIBRARY, /* the library failed: last_error() says how */
};

/* Numbers are part of the ABI: never reorder, only append. */
enum assay_alg {
    ASSAY_ALG_NONE = 0,
    /* AEAD, 12-byte nonce, 16-byte tag (SP 800-38D, RFC 8439) */
    ASSAY_AES_128_GCM = 1,
    ASSAY_AES_256_GCM = 2,
    ASSAY_CHACHA20_POLY1305 = 3,
    /* hash (FIPS 180-4), HMAC (RFC 2104), HKDF (RFC 5869) */
    ASSAY_SHA256 = 10,
    ASSAY_SHA384 = 11,
    ASSAY_SHA512 = 12,
    ASSAY_HMAC_SHA256 = 20,
    ASSAY_HMAC_SHA384 = 21,
    ASSAY_HMAC_SHA512 = 22,
    ASSAY_HKDF_SHA256 = 30,
    ASSAY_HKDF_SHA384 = 31,
    ASSAY_HKDF_SHA512 = 32,
    /* key wrap with a 16, 24 or 32 byte KEK (RFC 3394, RFC 5649) */
    ASSAY_AES_KW = 40,
    ASSAY_AES_KWP = 41,
    /* signatures: Ed25519 (RFC 8032), ECDSA (FIPS 186-5), RSA with SHA-256 (RFC 8017; PSS salt 32 bytes) */
    ASSAY_ED25519 = 50,
    ASSAY_ECDSA_P256_SHA256 = 51,
    ASSAY_ECDSA_P384_SHA384 = 52,
    ASSAY_RSA_2048_PSS_SHA256 = 53,
    ASSAY_RSA_3072_PSS_SHA256 = 54,
    ASSAY_RSA_2048_PKCS1_SHA256 = 55,
    ASSAY_RSA_3072_PKCS1_SHA256 = 56,
    ASSAY_ML_DSA_65 = 57, /* FIPS 204, pure, with an empty context */
    /* key exchange (RFC 7748, SP 800-56A); also TLS groups */
    ASSAY_X25519 = 60,
    ASSAY_ECDH_P256 = 61,
    ASSAY_X25519MLKEM768 = 62, /* TLS group only */
    /* key encapsulation (FIPS 203) */
    ASSAY_ML_KEM_768 = 70,
    /* password hashing (RFC 9106), version 0x13 */
    ASSAY_ARGON2ID = 80,
};

/* What supports() and describe() are asked about. */
enum assay_op {
    ASSAY_OP_AEAD = 1,        /* aead_new, rekey, seal, open */
    ASSAY_OP_AEAD_STREAM = 2, /* seal_init, seal_update, seal_final */
    ASSAY_OP_AEAD_FETCH = 3,  /* seal_fetch */
    ASSAY_OP_HASH = 4,
    ASSAY_OP_MAC = 5,
    ASSAY_OP_KDF = 6,
    ASSAY_OP_WRAP = 7,
    ASSAY_OP_SIGN = 8, /* sign, verify */
    ASSAY_OP_KEYGEN = 9,
    ASSAY_OP_KEX = 10,
    ASSAY_OP_TLS = 11, /* alg: a certificate's signature algorithm or a group; NONE: TLS at all */
    ASSAY_OP_RAND = 12,
    ASSAY_OP_KEM = 13,
    ASSAY_OP_PWHASH = 14,
};

#define ASSAY_TAG_SIZE      16u
#define ASSAY_NONCE_SIZE    12u
#define ASSAY_SIG_MAX       3328u /* the longest signature: ML-DSA-65 has 3309 bytes */
#define ASSAY_DER_MAX       4096u
#define ASSAY_POINT_MAX     97u /* an uncompressed P-384 point */
#define ASSAY_HASH_MAX      64u
#define ASSAY_KEM_MAX       1184u /* the longest of a KEM's public keys and ciphertexts: ML-KEM-768's key */
#define ASSAY_WRAP_OVERHEAD 16u   /* RFC 5649 pads to 8 bytes and adds 8 */

/* Opaque to the host; each module defines its own. */
typedef struct assay_instance assay_instance;
typedef struct assay_aead assay_aead;
typedef struct assay_hash assay_hash;
typedef struct assay_mac assay_mac;
typedef struct assay_kdf assay_kdf;
typedef struct assay_wrap assay_wrap;
typedef struct assay_key assay_key;
typedef struct assay_kex assay_kex;
typedef struct assay_kem assay_kem;
typedef struct assay_tls_ctx assay_tls_ctx;
typedef struct assay_tls assay_tls;
typedef struct assay_tls_session assay_tls_session;

struct assay_bytes {
    const uint8_t *data;
    size_t size;
};

struct assay_option { /* one NAME=VALUE of the instance; a name the module does not know is ASSAY_INPUT */
    const char *name;
    const char *value;
};

struct assay_host { /* what the worker offers a module; valid for the life of the process */
    uint32_t size;
    uint32_t abi;
    void (*log)(const char *line); /* one line for the operator; never a secret */
};

/* Who really answers. Strings are copied, NUL-terminated and printable. */
struct assay_identity {
    uint32_t size;
    char library[64];   /* "OpenSSL", "BoringSSL", "libsodium", "assay native" */
    char version[128];  /* as the loaded library states it at run time */
    char variant[32];   /* instruction-set tier or build flavour; "" where the library keeps it to itself */
    char provider[64];  /* provider that serves by default; "" where there is no such notion */
    const void *symbol; /* an address inside the loaded library, for dladdr; NULL: the module itself */
    bool fips_asked;
    bool fips_active;
};

/* Who serves one algorithm: the name the library gives it and the provider or code path that runs it. */
struct assay_service {
    uint32_t size;
    char algorithm[64];
    char provider[64];
};

struct assay_aead_message { /* one message of a batch; fields as in seal() */
    uint8_t *out;
    const uint8_t *nonce;
    struct assay_bytes in;
    struct assay_bytes aad;
};

/* RFC 5116: out is ciphertext then a 16-byte tag. Key size follows from the algorithm. */
struct assay_aead_ops {
    uint32_t size;
    enum assay_rc (*aead_new)(assay_instance *, enum assay_alg, const uint8_t *key,
                              assay_aead **) ASSAY_MUST_CHECK;
    void (*aead_free)(assay_aead *);
    enum assay_rc (*rekey)(assay_aead *, const uint8_t *key) ASSAY_MUST_CHECK;
    /* out: in_size + 16 */
    enum assay_rc (*seal)(assay_aead *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                          size_t in_size, const uint8_t *aad, size_t aad_size) ASSAY_MUST_CHECK;
    /* in: ciphertext then tag, in_size >= 16; out: in_size - 16. ASSAY_AUTH: the tag is wrong, out is
     * unusable. */
    enum assay_rc (*open)(assay_aead *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                          size_t in_size, const uint8_t *aad, size_t aad_size) ASSAY_MUST_CHECK;
    /* Streaming seal under the context's key; NULL where absent. update writes exactly in_size bytes. */
    enum assay_rc (*seal_init)(assay_aead *, const uint8_t nonce[12], const uint8_t *aad,
                               size_t aad_size) ASSAY_MUST_CHECK;
    enum assay_rc (*seal_update)(assay_aead *, uint8_t *out, const uint8_t *in,
                                 size_t in_size) ASSAY_MUST_CHECK;
    enum assay_rc (*seal_final)(assay_aead *, uint8_t tag[16]) ASSAY_MUST_CHECK;
    /* The library's usual way: look up the algorithm, make a context, key it, seal, free it. NULL where the
     * usual way is seal() itself. */
    enum assay_rc (*seal_fetch)(assay_instance *, enum assay_alg, const uint8_t *key, uint8_t *out,
                                const uint8_t nonce[12], const uint8_t *in, size_t in_size,
                                const uint8_t *aad, size_t aad_size) ASSAY_MUST_CHECK;
    /* Seals n messages under the context's key; NULL: the kernel loops over seal(). */
    enum assay_rc (*seal_batch)(assay_aead *, const struct assay_aead_message *, size_t n) ASSAY_MUST_CHECK;
    /* Seals message i under the key of contexts[i]: of one instance and algorithm, and one context may occur
     * several times. NULL: the kernel loops over seal(). */
    enum assay_rc (*seal_batch_keys)(assay_aead *const *contexts, const struct assay_aead_message *,
                                     size_t n) ASSAY_MUST_CHECK;
};

struct assay_hash_ops {
    uint32_t size;
    enum assay_rc (*hash_new)(assay_instance *, enum assay_alg, assay_hash **) ASSAY_MUST_CHECK;
    void (*hash_free)(assay_hash *);
    /* out: 32, 48 or 64 bytes */
    enum assay_rc (*digest)(assay_hash *, uint8_t *out, const uint8_t *in, size_t in_size) ASSAY_MUST_CHECK;
};

struct assay_mac_message { /* one message of a batch; fields as in compute() */
    uint8_t *out;
    struct assay_bytes in;
};

struct assay_mac_ops {
    uint32_t size;
    enum assay_rc (*mac_new)(assay_instance *, enum assay_alg, const uint8_t *key, size_t key_size,
                             assay_mac **) ASSAY_MUST_CHECK;
    void (*mac_free)(assay_mac *);
    enum assay_rc (*rekey)(assay_mac *, const uint8_t *key, size_t key_size) ASSAY_MUST_CHECK;
    /* out: the full tag, 32, 48 or 64 bytes */
    enum assay_rc (*compute)(assay_mac *, uint8_t *out, const uint8_t *in, size_t in_size) ASSAY_MUST_CHECK;
    /* n tags under the context's key; NULL: the kernel loops over compute(). */
    enum assay_rc (*compute_batch)(assay_mac *, const struct assay_mac_message *, size_t n) ASSAY_MUST_CHECK;
};

struct assay_hkdf_input { /* RFC 5869 extract-then-expand */
    struct assay_bytes ikm;
    struct assay_bytes salt; /* empty: HashLen zeros */
    struct assay_bytes info;
};

struct assay_kdf_ops {
    uint32_t size;
    enum assay_rc (*kdf_new)(assay_instance *, enum assay_alg, assay_kdf **) ASSAY_MUST_CHECK;
    void (*kdf_free)(assay_kdf *);
    /* out_size: 1 … 255 * HashLen, else ASSAY_INPUT */
    enum assay_rc (*hkdf)(assay_kdf *, uint8_t *out, size_t out_size,
                          const struct assay_hkdf_input *) ASSAY_MUST_CHECK;
    /* n derivations of out_size bytes each, to out + i * out_size; NULL: the kernel loops over hkdf(). */
    enum assay_rc (*hkdf_batch)(assay_kdf *, uint8_t *out, size_t out_size, const struct assay_hkdf_input *,
                                size_t n) ASSAY_MUST_CHECK;
};

struct assay_wrap_ops {
    uint32_t size;
    enum assay_rc (*wrap_new)(assay_instance *, enum assay_alg, const uint8_t *kek, size_t kek_size,
                              assay_wrap **) ASSAY_MUST_CHECK;
    void (*wrap_free)(assay_wrap *);
    /* out holds in_size rounded up to 8, plus 8. AES-KW: in_size is a multiple of 8, at least 16; AES-KWP: at
     * least 1. */
    enum assay_rc (*wrap)(assay_wrap *, uint8_t *out, size_t *out_size, const uint8_t *in,
                          size_t in_size) ASSAY_MUST_CHECK;
    /* out holds in_size bytes (libraries write the padding too). ASSAY_AUTH: the integrity check failed. */
    enum assay_rc (*unwrap)(assay_wrap *, uint8_t *out, size_t *out_size, const uint8_t *in,
                            size_t in_size) ASSAY_MUST_CHECK;
};

/* Private keys: Ed25519 seed (32), EC scalar (32 or 48), RSAPrivateKey DER (PKCS#1), ML-DSA seed xi (32; FIPS
 * 204 §5.1). Public keys: Ed25519 (32), uncompressed point (65 or 97), RSAPublicKey DER (PKCS#1), ML-DSA-65's
 * pk (1952). Signatures: Ed25519 64 bytes, ECDSA DER, RSA the modulus' size, ML-DSA-65 3309 bytes, hedged as
 * the library does by default. A private key can verify too. */
struct assay_sign_ops {
    uint32_t size;
    enum assay_rc (*key_private)(assay_instance *, enum assay_alg, const uint8_t *key, size_t key_size,
                                 assay_key **) ASSAY_MUST_CHECK;
    enum assay_rc (*key_public)(assay_instance *, enum assay_alg, const uint8_t *key, size_t key_size,
                                assay_key **) ASSAY_MUST_CHECK;
    enum assay_rc (*key_generate)(assay_instance *, enum assay_alg, assay_key **) ASSAY_MUST_CHECK;
    /* *out_size: room in, used out; ASSAY_DER_MAX is always enough. Fails with ASSAY_INPUT when the room is
     * short. */
    enum assay_rc (*key_export_public)(assay_key *, uint8_t *out, size_t *out_size) ASSAY_MUST_CHECK;
    void (*key_free)(assay_key *);
    /* sig holds ASSAY_SIG_MAX bytes. The message is hashed by the operation. */
    enum assay_rc (*sign)(assay_key *, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                          size_t in_size) ASSAY_MUST_CHECK;
    enum assay_rc (*verify)(assay_key *, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                            size_t in_size) ASSAY_MUST_CHECK;
};

/* X25519: 32-byte scalar, 32-byte public value, 32-byte secret. P-256: 32, 65 (uncompressed), 32
 * (x-coordinate). */
struct assay_kex_ops {
    uint32_t size;
    enum assay_rc (*kex_new)(assay_instance *, enum assay_alg, const uint8_t *scalar, size_t scalar_size,
                             assay_kex **) ASSAY_MUST_CHECK;
    enum assay_rc (*kex_generate)(assay_instance *, enum assay_alg, assay_kex **) ASSAY_MUST_CHECK;
    void (*kex_free)(assay_kex *);
    /* out holds ASSAY_POINT_MAX bytes */
    enum assay_rc (*public_value)(assay_kex *, uint8_t *out, size_t *out_size) ASSAY_MUST_CHECK;
    /* The peer's value is parsed and validated inside. ASSAY_AUTH: it is not a valid point, or the secret is
     * zero. */
    enum assay_rc (*derive)(assay_kex *, uint8_t secret[32], const uint8_t *peer,
                            size_t peer_size) ASSAY_MUST_CHECK;
};

/* FIPS 203. ML-KEM-768: a private key is its seed d || z (64 bytes, §7.1), a public key 1184 bytes, a
 * ciphertext 1088, a secret 32. */
struct assay_kem_ops {
    uint32_t size;
    enum assay_rc (*kem_private)(assay_instance *, enum assay_alg, const uint8_t *seed, size_t seed_size,
                                 assay_kem **) ASSAY_MUST_CHECK;
    /* ASSAY_INPUT: the key has another size. A coefficient out of range (§7.2) is refused here or by
     * encapsulate(), with ASSAY_INPUT too. */
    enum assay_rc (*kem_public)(assay_instance *, enum assay_alg, const uint8_t *key, size_t key_size,
                                assay_kem **) ASSAY_MUST_CHECK;
    enum assay_rc (*kem_generate)(assay_instance *, enum assay_alg, assay_kem **) ASSAY_MUST_CHECK;
    void (*kem_free)(assay_kem *);
    /* out holds ASSAY_KEM_MAX bytes */
    enum assay_rc (*public_value)(assay_kem *, uint8_t *out, size_t *out_size) ASSAY_MUST_CHECK;
    /* A fresh secret, and the ciphertext that carries it to the holder of the private key; out holds
     * ASSAY_KEM_MAX bytes. A private key can encapsulate too. */
    enum assay_rc (*encapsulate)(assay_kem *, uint8_t *out, size_t *out_size,
                                 uint8_t secret[32]) ASSAY_MUST_CHECK;
    /* A ciphertext of the right size always yields a secret: an altered one yields another (§6.3, implicit
     * rejection). ASSAY_AUTH: it has another size. */
    enum assay_rc (*decapsulate)(assay_kem *, uint8_t secret[32], const uint8_t *in,
                                 size_t in_size) ASSAY_MUST_CHECK;
};

enum assay_tls_role { ASSAY_TLS_CLIENT = 0, ASSAY_TLS_SERVER = 1 };

#define ASSAY_TLS_1_2 0x0303u
#define ASSAY_TLS_1_3 0x0304u

/* One suite for all, so that libraries compare: TLS_AES_128_GCM_SHA256 (0x1301; RFC 8446 §9.1 demands it of
 * everybody, and BoringSSL offers no choice) and in TLS 1.2 TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_GCM_SHA256
 * (0xC02B, 0xC02F). A backend offers no other where its library lets it choose. */
struct assay_tls_config {
    uint32_t size;
    enum assay_tls_role role;
    uint16_t version;     /* this version and no other */
    enum assay_alg group; /* the one group offered and accepted */
    const struct assay_bytes
        *chain; /* own certificates, DER, leaf first, without the root; may be empty for a client */
    size_t chain_count;
    struct assay_bytes key;  /* PKCS#8 DER of the leaf's key */
    struct assay_bytes root; /* the trust anchor for the peer, DER; or several, one behind the other */
    bool verify_peer; /* server: ask for a client certificate and require it. A client always verifies. */
    bool tickets;     /* server: issue tickets; client: keep sessions for resumption */
    const char *host; /* client: SNI, and the DNS name the server's certificate must carry */
};

struct assay_tls_info {
    uint32_t size;
    uint16_t version;
    uint16_t suite; /* IANA numbers */
    uint16_t group; /* 0 where the library cannot tell */
    bool resumed;
    bool peer_verified; /* the peer presented a certificate in this connection or session, and its chain
                           verified */
};

/* TLS over byte buffers; the caller carries the bytes. */
struct assay_tls_ops {
    uint32_t size;
    /* As servers keep one: shared by all connections and threads; the config's bytes are copied. */
    enum assay_rc (*ctx_new)(assay_instance *, const struct assay_tls_config *,
                             assay_tls_ctx **) ASSAY_MUST_CHECK;
    void (*ctx_free)(assay_tls_ctx *); /* drops the caller's reference; endpoints hold their own */
    /* session: NULL, or one to resume (client only; not consumed, may be offered again) */
    enum assay_rc (*endpoint_new)(assay_tls_ctx *, assay_tls_session *session, assay_tls **) ASSAY_MUST_CHECK;
    void (*endpoint_free)(assay_tls *);
    /* One handshake step: takes all of in (bytes from the peer, may be none), writes up to out_room bytes for
     * the peer and sets *out_size; call again with no input while *out_size == out_room. *done once this side
     * has finished. After the handshake, step() takes post-handshake messages (tickets). ASSAY_AUTH: the peer
     * was refused. */
    enum assay_rc (*step)(assay_tls *, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_room,
                          size_t *out_size, bool *done) ASSAY_MUST_CHECK;
    /* Application data: one record or more into out; in_size up to 16384; out_room >= in_size + 256. */
    enum assay_rc (*write)(assay_tls *, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_room,
                           size_t *out_size) ASSAY_MUST_CHECK;
    /* Takes whole records; all the plaintext they hold goes to out. */
    enum assay_rc (*read)(assay_tls *, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_room,
                          size_t *out_size) ASSAY_MUST_CHECK;
    /* Client, after the server's ticket was read: the session to resume. ASSAY_INPUT: there is none yet. */
    enum assay_rc (*session_take)(assay_tls *, assay_tls_session **) ASSAY_MUST_CHECK;
    void (*session_free)(assay_tls_session *);
    enum assay_rc (*info)(assay_tls *, struct assay_tls_info *) ASSAY_MUST_CHECK;
    /* After the handshake: the peer's own certificate (the leaf) as it came, DER. *out_size: room in, used
     * out. ASSAY_INPUT: the peer has none, or the room is short. NULL: the module cannot tell. */
    enum assay_rc (*peer_certificate)(assay_tls *, uint8_t *out, size_t *out_size) ASSAY_MUST_CHECK;
};

struct assay_rand_ops {
    uint32_t size;
    /* The library's own generator, as its users call it. */
    enum assay_rc (*bytes)(assay_instance *, uint8_t *out, size_t out_size) ASSAY_MUST_CHECK;
};

/* Argon2id with one lane, no secret and no associated data. */
struct assay_pwhash_ops {
    uint32_t size;
    /* memory_kib: 8 and more; passes: 1 and more. out: 32 bytes. */
    enum assay_rc (*hash)(assay_instance *, uint8_t out[32], struct assay_bytes password,
                          const uint8_t salt[16], uint32_t passes, uint32_t memory_kib) ASSAY_MUST_CHECK;
};

/* An option that changes how fast an instance is, and never what it answers: for `assay tune` to search. */
struct assay_tunable {
    uint32_t size;
    char name[32];
    char unit[16]; /* of its values, in the plural */
    char summary[96];
    char cases[128]; /* those that it bears on: an extended regular expression over their keys */
    uint64_t value;  /* in force */
    uint32_t candidates;
    uint64_t candidate[16]; /* values worth a measurement */
};

/* Text that makes an instance created later, without options, as fast as this one; and where it is looked
 * for. */
struct assay_profile {
    uint32_t size;
    char path[4096]; /* "" where the environment names no place for it */
    char text[4096];
};

struct assay_tune_ops {
    uint32_t size;
    /* The options one by one from index 0, those that others depend on first. ASSAY_INPUT: there are no more.
     */
    enum assay_rc (*tunable)(assay_instance *, size_t index, struct assay_tunable *) ASSAY_MUST_CHECK;
    /* What the instance has of options and profile, as a profile. The option profile=FILE loads it from
     * elsewhere, profile=none loads none. */
    enum assay_rc (*profile)(assay_instance *, struct assay_profile *) ASSAY_MUST_CHECK;
};

struct assay_backend {
    uint32_t abi;  /* ASSAY_ABI of the header the module was built with */
    uint32_t size; /* sizeof(struct assay_backend) */
    const char *name;
    /* On failure *out is NULL and last_error(NULL) has the reason. */
    enum assay_rc (*create)(const struct assay_host *, const struct assay_option *, size_t count,
                            assay_instance **out) ASSAY_MUST_CHECK;
    void (*destroy)(assay_instance *);
    enum assay_rc (*identify)(assay_instance *, struct assay_identity *) ASSAY_MUST_CHECK;
    /* Answers from what create() probed; false: why holds the reason in the library's own words. */
    bool (*supports)(assay_instance *, enum assay_op, enum assay_alg, char *why, size_t why_size);
    /* NULL: identity says it all */
    enum assay_rc (*describe)(assay_instance *, enum assay_op, enum assay_alg,
                              struct assay_service *) ASSAY_MUST_CHECK;
    const char *(*last_error)(assay_instance *); /* never NULL; the calling thread's last failure */
    /* NULL: the backend has none of the family */
    const struct assay_aead_ops *aead;
    const struct assay_hash_ops *hash;
    const struct assay_mac_ops *mac;
    const struct assay_kdf_ops *kdf;
    const struct assay_wrap_ops *wrap;
    const struct assay_sign_ops *sign;
    const struct assay_kex_ops *kex;
    const struct assay_tls_ops *tls;
    const struct assay_rand_ops *rand;
    const struct assay_tune_ops *tune; /* NULL: nothing to tune */
    const struct assay_kem_ops *kem;
    const struct assay_pwhash_ops *pwhash;
};

/* The one symbol a module exports. host_abi is the ABI of the host; a module that cannot serve it may return
 * NULL. */
ASSAY_EXPORT const struct assay_backend *assay_backend_get(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif
