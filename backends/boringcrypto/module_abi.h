/* SPDX-License-Identifier: Apache-2.0
 *
 * What this adapter calls of Google's module. Go's object exports a part of BoringSSL's functions, each under
 * a prefix, and comes without headers that C could include beside another library's: here are the prototypes,
 * under BoringSSL's names. Opaque structs are only pointed at; the contexts that a caller has to hold are
 * given in bytes, which Go's own build compares with the module's.
 */
#ifndef ASSAY_BACKENDS_BORINGCRYPTO_MODULE_ABI_H
#define ASSAY_BACKENDS_BORINGCRYPTO_MODULE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define EXPORTED_AS(name) __asm__("_goboringcrypto_" #name)

int FIPS_mode(void) EXPORTED_AS(FIPS_mode);
int RAND_bytes(uint8_t *out, size_t size) EXPORTED_AS(RAND_bytes);

/* Everything below returns 1, or a pointer, when it succeeds, unless its name promises another value. */

enum { NID_P256 = 415, NID_P384 = 715, NID_SHA256 = 672 };

struct sha256_ctx {
    _Alignas(16) uint8_t state[112];
};
struct sha512_ctx {
    _Alignas(16) uint8_t state[216];
};
int SHA256_Init(struct sha256_ctx *) EXPORTED_AS(SHA256_Init);
int SHA256_Update(struct sha256_ctx *, const void *, size_t) EXPORTED_AS(SHA256_Update);
int SHA256_Final(uint8_t *, struct sha256_ctx *) EXPORTED_AS(SHA256_Final);
int SHA384_Init(struct sha512_ctx *) EXPORTED_AS(SHA384_Init);
int SHA384_Update(struct sha512_ctx *, const void *, size_t) EXPORTED_AS(SHA384_Update);
int SHA384_Final(uint8_t *, struct sha512_ctx *) EXPORTED_AS(SHA384_Final);
int SHA512_Init(struct sha512_ctx *) EXPORTED_AS(SHA512_Init);
int SHA512_Update(struct sha512_ctx *, const void *, size_t) EXPORTED_AS(SHA512_Update);
int SHA512_Final(uint8_t *, struct sha512_ctx *) EXPORTED_AS(SHA512_Final);

struct evp_md;
const struct evp_md *EVP_sha256(void) EXPORTED_AS(EVP_sha256);
const struct evp_md *EVP_sha384(void) EXPORTED_AS(EVP_sha384);
const struct evp_md *EVP_sha512(void) EXPORTED_AS(EVP_sha512);

struct hmac_ctx {
    _Alignas(16) uint8_t state[104];
};
/* With a key and a digest the context is taken for fresh memory; with neither it starts anew under its key.
 */
int HMAC_Init(struct hmac_ctx *, const void *key, int key_size, const struct evp_md *) EXPORTED_AS(HMAC_Init);
int HMAC_Update(struct hmac_ctx *, const uint8_t *, size_t) EXPORTED_AS(HMAC_Update);
int HMAC_Final(struct hmac_ctx *, uint8_t *, unsigned *out_size) EXPORTED_AS(HMAC_Final);
void HMAC_CTX_init(struct hmac_ctx *) EXPORTED_AS(HMAC_CTX_init);
void HMAC_CTX_cleanup(struct hmac_ctx *) EXPORTED_AS(HMAC_CTX_cleanup);

struct evp_aead;
struct evp_aead_ctx {
    _Alignas(16) uint8_t state[600];
};
const struct evp_aead *EVP_aead_aes_128_gcm(void) EXPORTED_AS(EVP_aead_aes_128_gcm);
const struct evp_aead *EVP_aead_aes_256_gcm(void) EXPORTED_AS(EVP_aead_aes_256_gcm);
size_t EVP_AEAD_key_length(const struct evp_aead *) EXPORTED_AS(EVP_AEAD_key_length);
void EVP_AEAD_CTX_zero(struct evp_aead_ctx *) EXPORTED_AS(EVP_AEAD_CTX_zero);
int EVP_AEAD_CTX_init(struct evp_aead_ctx *, const struct evp_aead *, const uint8_t *key, size_t key_size,
                      size_t tag_size, void *engine) EXPORTED_AS(EVP_AEAD_CTX_init);
void EVP_AEAD_CTX_cleanup(struct evp_aead_ctx *) EXPORTED_AS(EVP_AEAD_CTX_cleanup);
int EVP_AEAD_CTX_seal(const struct evp_aead_ctx *, uint8_t *out, size_t *out_size, size_t out_room,
                      const uint8_t *nonce, size_t nonce_size, const uint8_t *in, size_t in_size,
                      const uint8_t *aad, size_t aad_size) EXPORTED_AS(EVP_AEAD_CTX_seal);
int EVP_AEAD_CTX_open(const struct evp_aead_ctx *, uint8_t *out, size_t *out_size, size_t out_room,
                      const uint8_t *nonce, size_t nonce_size, const uint8_t *in, size_t in_size,
                      const uint8_t *aad, size_t aad_size) EXPORTED_AS(EVP_AEAD_CTX_open);

struct bignum;
struct bignum *BN_new(void) EXPORTED_AS(BN_new);
void BN_free(struct bignum *) EXPORTED_AS(BN_free);
unsigned BN_num_bits(const struct bignum *) EXPORTED_AS(BN_num_bits);
unsigned BN_num_bytes(const struct bignum *) EXPORTED_AS(BN_num_bytes);
struct bignum *BN_bin2bn(const uint8_t *, size_t, struct bignum *) EXPORTED_AS(BN_bin2bn);
size_t BN_bn2bin(const struct bignum *, uint8_t *) EXPORTED_AS(BN_bn2bin);
int BN_bn2bin_padded(uint8_t *, size_t, const struct bignum *) EXPORTED_AS(BN_bn2bin_padded);

enum point_form { POINT_UNCOMPRESSED = 4 };
struct bn_ctx; /* always NULL here: the module makes its own */
struct ec_group;
struct ec_point;
struct ec_key;
struct ec_point *EC_POINT_new(const struct ec_group *) EXPORTED_AS(EC_POINT_new);
void EC_POINT_free(struct ec_point *) EXPORTED_AS(EC_POINT_free);
/* r = n·G + m·q, where NULL leaves a term out */
int EC_POINT_mul(const struct ec_group *, struct ec_point *r, const struct bignum *n,
                 const struct ec_point *q, const struct bignum *m, struct bn_ctx *) EXPORTED_AS(EC_POINT_mul);
int EC_POINT_get_affine_coordinates_GFp(const struct ec_group *, const struct ec_point *, struct bignum *x,
                                        struct bignum *y, struct bn_ctx *)
    EXPORTED_AS(EC_POINT_get_affine_coordinates_GFp);
int EC_POINT_oct2point(const struct ec_group *, struct ec_point *, const uint8_t *, size_t, struct bn_ctx *)
    EXPORTED_AS(EC_POINT_oct2point);
/* Its size, or 0 */
size_t EC_POINT_point2oct(const struct ec_group *, const struct ec_point *, enum point_form, uint8_t *,
                          size_t, struct bn_ctx *) EXPORTED_AS(EC_POINT_point2oct);
struct ec_key *EC_KEY_new_by_curve_name(int) EXPORTED_AS(EC_KEY_new_by_curve_name);
void EC_KEY_free(struct ec_key *) EXPORTED_AS(EC_KEY_free);
const struct ec_group *EC_KEY_get0_group(const struct ec_key *) EXPORTED_AS(EC_KEY_get0_group);
const struct ec_point *EC_KEY_get0_public_key(const struct ec_key *) EXPORTED_AS(EC_KEY_get0_public_key);
const struct bignum *EC_KEY_get0_private_key(const struct ec_key *) EXPORTED_AS(EC_KEY_get0_private_key);
int EC_KEY_set_private_key(struct ec_key *, const struct bignum *) EXPORTED_AS(EC_KEY_set_private_key);
int EC_KEY_set_public_key(struct ec_key *, const struct ec_point *) EXPORTED_AS(EC_KEY_set_public_key);
int EC_KEY_generate_key_fips(struct ec_key *) EXPORTED_AS(EC_KEY_generate_key_fips);

int ECDSA_sign(int type, const uint8_t *digest, size_t, uint8_t *sig, unsigned *sig_size,
               const struct ec_key *) EXPORTED_AS(ECDSA_sign);
int ECDSA_verify(int type, const uint8_t *digest, size_t, const uint8_t *sig, size_t, const struct ec_key *)
    EXPORTED_AS(ECDSA_verify);

struct rsa;
struct rsa *RSA_new(void) EXPORTED_AS(RSA_new);
void RSA_free(struct rsa *) EXPORTED_AS(RSA_free);
struct rsa *RSA_public_key_from_bytes(const uint8_t *, size_t) EXPORTED_AS(RSA_public_key_from_bytes);
struct rsa *RSA_private_key_from_bytes(const uint8_t *, size_t) EXPORTED_AS(RSA_private_key_from_bytes);
void RSA_get0_key(const struct rsa *, const struct bignum **n, const struct bignum **e,
                  const struct bignum **d) EXPORTED_AS(RSA_get0_key);
int RSA_generate_key_fips(struct rsa *, int bits, void *progress) EXPORTED_AS(RSA_generate_key_fips);
int RSA_sign(int hash, const uint8_t *digest, unsigned, uint8_t *sig, unsigned *sig_size, struct rsa *)
    EXPORTED_AS(RSA_sign);
int RSA_verify(int hash, const uint8_t *digest, size_t, const uint8_t *sig, size_t, struct rsa *)
    EXPORTED_AS(RSA_verify);
int RSA_sign_pss_mgf1(struct rsa *, size_t *sig_size, uint8_t *sig, size_t room, const uint8_t *digest,
                      size_t, const struct evp_md *, const struct evp_md *mgf1, int salt_size)
    EXPORTED_AS(RSA_sign_pss_mgf1);
int RSA_verify_pss_mgf1(struct rsa *, const uint8_t *digest, size_t, const struct evp_md *,
                        const struct evp_md *mgf1, int salt_size, const uint8_t *sig, size_t)
    EXPORTED_AS(RSA_verify_pss_mgf1);

#endif
