/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate that assay has read, against what OpenSSL reads of the same octets, field by field.
 */
#include "tests/fuzz/x509.h"

#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void x509_expect(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static bool is(struct assay_bytes ours, const void *theirs, int size)
{
    return size >= 0 && ours.size == (size_t)size && (size == 0 || memcmp(ours.data, theirs, ours.size) == 0);
}

static bool is_string(struct assay_bytes ours, const ASN1_STRING *theirs)
{
    return theirs ? is(ours, ASN1_STRING_get0_data(theirs), ASN1_STRING_length(theirs)) : ours.size == 0;
}

static void judge_time(int64_t ours, const ASN1_TIME *theirs, const char *what)
{
    struct tm tm;
    x509_expect(ASN1_TIME_to_tm(theirs, &tm) == 1 && timegm(&tm) == ours, what);
}

static void judge_serial(const struct assay_x509 *x, X509 *o)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(o), NULL);
    uint8_t octets[32] = {0};
    x509_expect(n && !BN_is_negative(n) && BN_num_bytes(n) <= 20 && BN_bn2bin(n, octets) > 0, "a serial");
    x509_expect(is(x->serial, octets, BN_num_bytes(n)), "the same serial");
    BN_free(n);
}

static void judge_name(struct assay_bytes ours, const X509_NAME *theirs)
{
    const unsigned char *der;
    size_t size;
    x509_expect(X509_NAME_get0_der(theirs, &der, &size) == 1 && size == ours.size &&
                    memcmp(der, ours.data, size) == 0,
                "the same name");
}

/* Encoded anew, so that what is not DER and was taken shows. */
static void judge_octets(const struct assay_x509 *x, X509 *o, const uint8_t *der, size_t size)
{
    unsigned char *again = NULL;
    const ASN1_BIT_STRING *signature;
    X509_get0_signature(&signature, NULL, o);
    x509_expect(is_string(x->signature, signature), "the same signature");
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(o), &again);
    x509_expect(is(x->spki, again, n), "the same SubjectPublicKeyInfo");
    OPENSSL_free(again);
    again = NULL;
    n = i2d_re_X509_tbs(o, &again);
    x509_expect(is(x->tbs, again, n), "what is signed is DER");
    OPENSSL_free(again);
    again = NULL;
    n = i2d_X509(o, &again);
    x509_expect(is((struct assay_bytes){der, size}, again, n), "the certificate is DER");
    OPENSSL_free(again);
}

static enum assay_alg of_nid(int nid, int ed25519, int p256)
{
    return nid == ed25519 ? ASSAY_ED25519 : nid == p256 ? ASSAY_ECDSA_P256_SHA256 : ASSAY_ALG_NONE;
}

static void judge_key(const struct assay_x509 *x, X509 *o)
{
    uint8_t octets[256];
    size_t size = sizeof octets;
    x509_expect(is_string(x->public_key, X509_get0_pubkey_bitstr(o)), "the same public key");
    if (x->signature_alg != ASSAY_ALG_NONE) /* with parameters that do not belong there it has no name here */
        x509_expect(of_nid(X509_get_signature_nid(o), NID_ED25519, NID_ecdsa_with_SHA256) == x->signature_alg,
                    "the same algorithm of the signature");
    EVP_PKEY *key = X509_get0_pubkey(o);
    if (!key) /* no such algorithm, or no point of the curve, which is the backend's matter */
        return;
    bool ed25519 = EVP_PKEY_is_a(key, "ED25519"), p256 = false;
    char group[64] = "";
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
        p256 = strcmp(group, "prime256v1") == 0 && x->public_key.size == 65;
    if (x->alg != ASSAY_ALG_NONE)
        x509_expect(x->alg == (ed25519 ? ASSAY_ED25519
                               : p256  ? ASSAY_ECDSA_P256_SHA256
                                       : ASSAY_ALG_NONE),
                    "the same algorithm of the key");
    if (ed25519)
        x509_expect(EVP_PKEY_get_raw_public_key(key, octets, &size) == 1 &&
                        is(x->public_key, octets, (int)size),
                    "the same Ed25519 key");
}

/* What OpenSSL makes of an extension; NULL: it is not there. There twice, not to be read, or not DER: an end.
 */
static void *extension(X509 *o, int nid, const char *what)
{
    int critical;
    void *value = X509_get_ext_d2i(o, nid, &critical, NULL);
    x509_expect(value || critical == -1, what);
    if (!value)
        return NULL;
    const ASN1_STRING *was = X509_EXTENSION_get_data(X509_get_ext(o, X509_get_ext_by_NID(o, nid, -1)));
    X509_EXTENSION *again = X509V3_EXT_i2d(nid, critical, value);
    x509_expect(again && ASN1_STRING_cmp(was, X509_EXTENSION_get_data(again)) == 0, what);
    X509_EXTENSION_free(again);
    return value;
}

static void judge_names(const struct assay_x509 *x, X509 *o)
{
    GENERAL_NAMES *names = extension(o, NID_subject_alt_name, "the names are names to OpenSSL");
    size_t uris = 0, dnses = 0;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_URI)
            x509_expect(uris < x->uris && is_string(x->uri[uris++], name->d.ia5), "the same URIs");
        if (name->type == GEN_DNS)
            x509_expect(dnses < x->dnses && is_string(x->dns[dnses++], name->d.ia5), "the same DNS names");
    }
    x509_expect(uris == x->uris && dnses == x->dnses, "as many names");
    GENERAL_NAMES_free(names);
}

static void judge_usage(const struct assay_x509 *x, X509 *o)
{
    BASIC_CONSTRAINTS *basic = extension(o, NID_basic_constraints, "basic constraints are that to OpenSSL");
    x509_expect(x->ca == (basic && basic->ca), "a CA to both, or to none");
    BASIC_CONSTRAINTS_free(basic);
    ASN1_BIT_STRING *bits = extension(o, NID_key_usage, "the key usage is one to OpenSSL");
    x509_expect(x->signs == (bits && ASN1_BIT_STRING_get_bit(bits, 0)) &&
                    x->signs_certificates == (bits && ASN1_BIT_STRING_get_bit(bits, 5)),
                "the same key usage");
    ASN1_BIT_STRING_free(bits);
    EXTENDED_KEY_USAGE *uses = extension(o, NID_ext_key_usage, "the extended key usage is one to OpenSSL");
    bool server = false, client = false;
    for (int i = 0; uses && i < sk_ASN1_OBJECT_num(uses); i++) {
        server |= OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, i)) == NID_server_auth;
        client |= OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, i)) == NID_client_auth;
    }
    x509_expect(x->server == server && x->client == client, "the same extended key usage");
    EXTENDED_KEY_USAGE_free(uses);
}

static void judge_key_ids(const struct assay_x509 *x, X509 *o)
{
    ASN1_OCTET_STRING *own = extension(o, NID_subject_key_identifier, "the key id is one to OpenSSL");
    AUTHORITY_KEYID *issuer = extension(o, NID_authority_key_identifier, "the issuer's is one to OpenSSL");
    x509_expect(is_string(x->key_id, own), "the same key id");
    x509_expect(is_string(x->issuer_key_id, issuer ? issuer->keyid : NULL), "the same issuer's key id");
    ASN1_OCTET_STRING_free(own);
    AUTHORITY_KEYID_free(issuer);
}

/* No critical extension but those that are understood here. */
static void judge_critical(X509 *o)
{
    static const int known[] = {NID_basic_constraints,      NID_key_usage,
                                NID_ext_key_usage,          NID_subject_alt_name,
                                NID_subject_key_identifier, NID_authority_key_identifier};
    for (int i = 0; i < X509_get_ext_count(o); i++) {
        X509_EXTENSION *one = X509_get_ext(o, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(one));
        bool understood = !X509_EXTENSION_get_critical(one);
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            understood |= nid == known[k];
        x509_expect(understood, "a critical extension is understood");
    }
}

void x509_judge(const struct assay_x509 *x, const uint8_t *der, size_t size)
{
    const unsigned char *end = der;
    X509 *o = d2i_X509(NULL, &end, (long)size);
    x509_expect(o && end == der + size, "OpenSSL reads it, to its end");
    x509_expect(X509_get_version(o) == 2, "of version 3");
    judge_serial(x, o);
    judge_name(x->issuer, X509_get_issuer_name(o));
    judge_name(x->subject, X509_get_subject_name(o));
    judge_time(x->not_before, X509_get0_notBefore(o), "the same beginning");
    judge_time(x->not_after, X509_get0_notAfter(o), "the same end");
    judge_key(x, o);
    judge_names(x, o);
    judge_usage(x, o);
    judge_key_ids(x, o);
    judge_critical(o);
    judge_octets(x, o, der, size);
    X509_free(o);
}

void x509_judge_key(enum assay_alg alg, struct assay_bytes private_key, const uint8_t *der, size_t size)
{
    const unsigned char *end = der;
    uint8_t octets[32];
    size_t octets_size = sizeof octets;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, (long)size);
    x509_expect(info && end == der + size, "OpenSSL reads the PKCS#8, to its end");
    EVP_PKEY *key = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (alg == ASSAY_ED25519) {
        x509_expect(key && EVP_PKEY_is_a(key, "ED25519") &&
                        EVP_PKEY_get_raw_private_key(key, octets, &octets_size) == 1 &&
                        is(private_key, octets, (int)octets_size),
                    "the same Ed25519 seed");
    } else if (key) { /* a scalar out of range, or a false public half, is the backend's matter */
        BIGNUM *scalar = NULL;
        x509_expect(EVP_PKEY_is_a(key, "EC") &&
                        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
                        BN_bn2binpad(scalar, octets, sizeof octets) == sizeof octets &&
                        is(private_key, octets, sizeof octets),
                    "the same P-256 scalar");
        BN_clear_free(scalar);
    }
    EVP_PKEY_free(key);
}
