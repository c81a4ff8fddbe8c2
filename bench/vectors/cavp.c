/* SPDX-License-Identifier: Apache-2.0
 *
 * Response files of NIST's CAVP: comments that tell what it is, sections in brackets, records of NAME = VALUE
 * lines that end with an empty line. The table at the end tells which titles backend.h has algorithms for.
 */
#include "bench/vectors/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 24

struct field {
    char name[24];
    char *value;
    bool lasts; /* of the section: stays until it is given anew */
};

struct suite;

struct response {
    struct vec_run *run;
    const struct suite *suite;
    char title[2048];
    struct field fields[FIELDS_MAX];
    unsigned count;
    unsigned line, first;          /* the line in hand, and the first of the record */
    uint8_t chain[ASSAY_HASH_MAX]; /* the seed of a Monte Carlo test */
    bool chained;
};

struct suite {
    const char *title; /* part of the leading comments */
    const char *last; /* the field that makes a record a test; without it the record belongs to the section */
    enum assay_alg alg;
    void (*test)(struct response *);
};

static const char *value(const struct response *r, const char *name)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(r->fields[i].name, name) == 0)
            return r->fields[i].value;
    return NULL;
}

static bool says(const struct response *r, const char *name, const char *text)
{
    const char *v = value(r, name);
    return v && strcmp(v, text) == 0;
}

static struct assay_bytes hex(struct response *r, const char *name)
{
    struct assay_bytes out = {NULL, 0};
    const char *text = value(r, name);
    if (!text)
        vec_broken(r->run, ":%u: a record without %s", r->first, name);
    else if (!vec_unhex(r->run, text, &out))
        vec_broken(r->run, ":%u: %s is not hexadecimal", r->first, name);
    return out;
}

static long bits(struct response *r, const char *name)
{
    const char *text = value(r, name);
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : -1;
    if (!text || end == text || *end || n < 0)
        vec_broken(r->run, ":%u: no number %s", r->first, name);
    return n;
}

static void test_gcm(struct response *r)
{
    struct vec_run *run = r->run;
    long key_bits = bits(r, "Keylen"), iv_bits = bits(r, "IVlen"), tag_bits = bits(r, "Taglen");
    if (iv_bits != 8 * ASSAY_NONCE_SIZE)
        vec_inapplicable(run, "a nonce that is not 96 bits");
    else if (tag_bits != 8 * ASSAY_TAG_SIZE)
        vec_inapplicable(run, "a tag that is not 128 bits");
    else if (key_bits != 128 && key_bits != 256)
        vec_inapplicable(run, "another key size");
    if (run->state != VEC_GOING)
        return;
    struct vec_aead v = {.key = hex(r, "Key"),
                         .iv = hex(r, "IV"),
                         .aad = hex(r, "AAD"),
                         .ct = hex(r, "CT"),
                         .tag = hex(r, "Tag")};
    if (run->expect != VEC_INVALID)
        v.msg = hex(r, "PT");
    if (!vec_is_broken(run) &&
        (v.key.size * 8 != (size_t)key_bits || v.iv.size != ASSAY_NONCE_SIZE || v.tag.size != ASSAY_TAG_SIZE))
        vec_broken(run, ":%u: Key, IV or Tag has not the length that the section tells", r->first);
    if (!vec_is_broken(run))
        vec_run_aead(run, key_bits == 256 ? ASSAY_AES_256_GCM : ASSAY_AES_128_GCM, &v);
}

static void test_hash(struct response *r)
{
    long length = bits(r, "Len");
    struct assay_bytes msg = hex(r, "Msg"), md = hex(r, "MD");
    if (length == 0)
        msg = (struct assay_bytes){NULL, 0}; /* written as 00 */
    if (length % 8)
        vec_inapplicable(r->run, "a message that is not whole octets");
    else if (!vec_is_broken(r->run) && msg.size != (size_t)length / 8)
        vec_broken(r->run, ":%u: Msg is not of Len bits", r->first);
    if (!vec_is_broken(r->run))
        vec_run_hash(r->run, r->suite->alg, msg, md);
}

static void test_hash_chain(struct response *r)
{
    struct assay_bytes md = hex(r, "MD"), seed = hex(r, "Seed");
    size_t size = r->suite->alg == ASSAY_SHA256 ? 32 : r->suite->alg == ASSAY_SHA384 ? 48 : 64;
    if (!vec_is_broken(r->run) && (md.size != size || seed.size != size))
        vec_broken(r->run, ":%u: Seed or MD is not %zu octets", r->first, size);
    if (vec_is_broken(r->run))
        return;
    if (!r->chained)
        memcpy(r->chain, seed.data, size);
    r->chained = true;
    vec_run_hash_chain(r->run, r->suite->alg, r->chain, md);
}

static void test_hmac(struct response *r)
{
    static const enum assay_alg algs[] = {
        [32] = ASSAY_HMAC_SHA256, [48] = ASSAY_HMAC_SHA384, [64] = ASSAY_HMAC_SHA512};
    long length = bits(r, "L"), tag = bits(r, "Tlen"); /* both in octets */
    struct assay_bytes key = hex(r, "Key"), msg = hex(r, "Msg"), mac = hex(r, "Mac");
    enum assay_alg alg = length >= 0 && length <= 64 ? algs[length] : ASSAY_ALG_NONE;
    if (alg == ASSAY_ALG_NONE)
        vec_inapplicable(r->run, "another hash");
    else if (tag != length)
        vec_inapplicable(r->run, "a truncated tag");
    else if (!vec_is_broken(r->run) && mac.size != (size_t)length)
        vec_broken(r->run, ":%u: Mac is not of Tlen octets", r->first);
    if (!vec_is_broken(r->run))
        vec_run_mac(r->run, alg, key, msg, mac);
}

static void test_wrap_with(struct response *r, enum vec_direction direction)
{
    struct assay_bytes none = {NULL, 0}, key = hex(r, "K"), ct = hex(r, "C");
    struct assay_bytes msg = r->run->expect == VEC_INVALID ? none : hex(r, "P");
    if (strstr(r->title, "inverse"))
        vec_inapplicable(r->run, "the inverse cipher");
    if (!vec_is_broken(r->run))
        vec_run_wrap(r->run, r->suite->alg, direction, key, msg, ct);
}

static void test_wrap(struct response *r)
{
    test_wrap_with(r, VEC_WRAP);
}

static void test_unwrap(struct response *r)
{
    test_wrap_with(r, VEC_UNWRAP);
}

/* SigGen has no Result: what it holds is right. */
static void test_ecdsa(struct response *r)
{
    struct vec_run *run = r->run;
    struct assay_bytes x = {NULL, 0}, y = x, sig = x, msg = hex(r, "Msg");
    bool p256 = says(r, "section", "P-256,SHA-256");
    size_t size = p256 ? 32 : 48;
    if (!p256 && !says(r, "section", "P-384,SHA-384")) {
        vec_inapplicable(run, "another curve or hash");
        return;
    }
    struct assay_bytes qx = hex(r, "Qx"), qy = hex(r, "Qy"), a = hex(r, "R"), b = hex(r, "S");
    if (!vec_is_broken(run) &&
        (!vec_number(run, qx, size, &x) || !vec_number(run, qy, size, &y) || !vec_der_pair(run, a, b, &sig)))
        vec_broken(run, ":%u: Qx, Qy, R or S is too long", r->first);
    uint8_t *point = vec_is_broken(run) ? NULL : vec_alloc(run, 1 + 2 * size);
    if (!point)
        return;
    point[0] = 4; /* uncompressed: SEC 1, section 2.3.3 */
    memcpy(point + 1, x.data, size);
    memcpy(point + 1 + size, y.data, size);
    vec_run_verify(run, p256 ? ASSAY_ECDSA_P256_SHA256 : ASSAY_ECDSA_P384_SHA384,
                   (struct assay_bytes){point, 1 + 2 * size}, msg, sig);
}

static void test_rsa(struct response *r)
{
    struct assay_bytes key = {NULL, 0}, msg = hex(r, "Msg"), sig = hex(r, "S"), n = hex(r, "n"),
                       e = hex(r, "e");
    enum assay_alg alg = says(r, "mod", "2048")   ? ASSAY_RSA_2048_PKCS1_SHA256
                         : says(r, "mod", "3072") ? ASSAY_RSA_3072_PKCS1_SHA256
                                                  : ASSAY_ALG_NONE;
    if (alg == ASSAY_ALG_NONE)
        vec_inapplicable(r->run, "another key size");
    else if (!says(r, "SHAAlg", "SHA256"))
        vec_inapplicable(r->run, "another hash");
    else if (!vec_is_broken(r->run) && !vec_der_pair(r->run, n, e, &key))
        vec_broken(r->run, ":%u: n or e is too long", r->first);
    else if (!vec_is_broken(r->run))
        vec_run_verify(r->run, alg, key, msg, sig);
}

static const struct suite suites[] = {
    {"GCM Encrypt with keysize", "Tag", ASSAY_ALG_NONE, test_gcm},
    {"GCM Decrypt with keysize", "Tag", ASSAY_ALG_NONE, test_gcm},
    {"\"SHA-256 ShortMsg\"", "MD", ASSAY_SHA256, test_hash},
    {"\"SHA-256 LongMsg\"", "MD", ASSAY_SHA256, test_hash},
    {"\"SHA-256 Monte\"", "MD", ASSAY_SHA256, test_hash_chain},
    {"\"SHA-384 ShortMsg\"", "MD", ASSAY_SHA384, test_hash},
    {"\"SHA-384 LongMsg\"", "MD", ASSAY_SHA384, test_hash},
    {"\"SHA-384 Monte\"", "MD", ASSAY_SHA384, test_hash_chain},
    {"\"SHA-512 ShortMsg\"", "MD", ASSAY_SHA512, test_hash},
    {"\"SHA-512 LongMsg\"", "MD", ASSAY_SHA512, test_hash},
    {"\"SHA-512 Monte\"", "MD", ASSAY_SHA512, test_hash_chain},
    {"HMAC information", "Mac", ASSAY_ALG_NONE, test_hmac},
    {" KW-AE with AES-", "C", ASSAY_AES_KW, test_wrap},
    {" KW-AD with AES-", "C", ASSAY_AES_KW, test_unwrap},
    {" KWP-AE with AES-", "C", ASSAY_AES_KWP, test_wrap},
    {" KWP-AD with AES-", "C", ASSAY_AES_KWP, test_unwrap},
    {"\"SigVer\" information", "S", ASSAY_ALG_NONE, test_ecdsa},
    {"\"SigGen\" information", "S", ASSAY_ALG_NONE, test_ecdsa},
    {"\"SigVer PKCS#1 Ver 1.5\"", "S", ASSAY_ALG_NONE, test_rsa},
    {"\"SigGen PKCS#1 Ver 1.5\"", "S", ASSAY_ALG_NONE, test_rsa},
};

static void set(struct response *r, const char *name, size_t name_size, const char *text, bool lasts)
{
    struct field f = {.lasts = lasts, .value = strdup(text)};
    unsigned at = 0;
    if (name_size >= sizeof f.name || !f.value) {
        free(f.value);
        vec_broken(r->run, ":%u: '%.*s' is no name of a field", r->line, (int)name_size, name);
        return;
    }
    memcpy(f.name, name, name_size);
    while (at < r->count && strcmp(r->fields[at].name, f.name) != 0)
        at++;
    if (at == FIELDS_MAX) {
        free(f.value);
        vec_broken(r->run, ":%u: a record of more than %d fields", r->line, FIELDS_MAX);
        return;
    }
    if (at < r->count)
        free(r->fields[at].value);
    else
        r->count++;
    r->fields[at] = f;
}

static bool in_record(const struct response *r, const char *name)
{
    for (unsigned i = 0; i < r->count; i++)
        if (!r->fields[i].lasts && strcmp(r->fields[i].name, name) == 0)
            return true;
    return false;
}

static void run_test(struct response *r)
{
    const char *result = value(r, "Result");
    char id[32];
    snprintf(id, sizeof id, "line %u", r->first);
    vec_begin(r->run, id, result, NULL,
              value(r, "FAIL") || (result && result[0] == 'F') ? VEC_INVALID : VEC_VALID);
    if (strstr(r->suite->title, "SigVer") && !value(r, "k") &&
        (!result || (result[0] != 'F' && result[0] != 'P')))
        vec_broken(r->run, ":%u: a record whose Result is neither P nor F", r->first);
    if (!vec_is_broken(r->run))
        r->suite->test(r);
    vec_end(r->run);
}

static void end_record(struct response *r)
{
    unsigned kept = 0;
    bool test = in_record(r, r->suite->last);
    if (test)
        run_test(r);
    else if (in_record(r, "COUNT") || in_record(r, "Count"))
        vec_broken(r->run, ":%u: a record without %s", r->first, r->suite->last);
    for (unsigned i = 0; i < r->count; i++) {
        r->fields[i].lasts = r->fields[i].lasts || !test;
        if (r->fields[i].lasts)
            r->fields[kept++] = r->fields[i];
        else
            free(r->fields[i].value);
    }
    r->count = kept;
    r->first = 0;
}

static void take_section(struct response *r, char *text)
{
    char *close = strchr(text, ']'), *equals = strchr(text, '=');
    end_record(r);
    if (!close || close[1]) {
        vec_broken(r->run, ":%u: a section without its bracket", r->line);
        return;
    }
    *close = '\0';
    if (!equals) {
        set(r, "section", strlen("section"), text + 1, true);
        return;
    }
    size_t n = (size_t)(equals - text - 1);
    while (n > 0 && text[n] == ' ')
        n--;
    set(r, text + 1, n, equals + 1 + strspn(equals + 1, " "), true);
}

/* An RSA key stands in the first record of several that it is for. */
static bool of_key(const char *name, size_t n)
{
    return n == 1 && (name[0] == 'n' || name[0] == 'e');
}

static void take_field(struct response *r, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);
    r->first = r->first ? r->first : r->line;
    while (n > 0 && text[n - 1] == ' ')
        n--;
    if (!equals && strcmp(text, "FAIL") != 0)
        vec_broken(r->run, ":%u: '%.40s' is neither NAME = VALUE, a [section] nor FAIL", r->line, text);
    else
        set(r, text, n, equals ? equals + 1 + strspn(equals + 1, " ") : "", of_key(text, n));
}

/* What the leading comments tell; false: this is no file for us. Of CAVP's texts only those of key wrap are
 * responses; the others are intermediate values, written by hand here and there. */
static bool choose_suite(struct response *r)
{
    struct assay_vectors *out = r->run->out;
    size_t n = strlen(r->run->path);
    bool known = (n > 4 && strcmp(r->run->path + n - 4, ".rsp") == 0) ||
                 (strstr(r->title, "CAVS") && strstr(r->title, "SP 800-38F"));
    for (size_t i = 0; known && !r->suite && i < sizeof suites / sizeof suites[0]; i++)
        if (strstr(r->title, suites[i].title))
            r->suite = &suites[i];
    out->kind = r->suite ? ASSAY_VECTORS_RUN : known ? ASSAY_VECTORS_ELSEWHERE : ASSAY_VECTORS_NONE;
    if (!r->suite)
        return false;
    const char *title = r->suite->title + strspn(r->suite->title, " \"");
    snprintf(out->title, sizeof out->title, "CAVP %.*s", (int)strcspn(title, "\""), title);
    return true;
}

/* false: read no further. */
static bool take_line(struct response *r, char *line, size_t n)
{
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' '))
        line[--n] = '\0';
    r->line++;
    if (!r->suite && (line[0] == '#' || n == 0)) {
        size_t used = strlen(r->title);
        snprintf(r->title + used, sizeof r->title - used, "%s\n", line);
        return true;
    }
    if (!r->suite && !choose_suite(r))
        return false;
    if (n == 0)
        end_record(r);
    else if (line[0] == '[')
        take_section(r, line);
    else if (line[0] != '#')
        take_field(r, line);
    return !vec_is_broken(r->run);
}

void vec_cavp(struct vec_run *run)
{
    struct response *r = calloc(1, sizeof *r);
    FILE *file = r ? fopen(run->path, "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    bool more = true;
    if (!file) {
        vec_broken(run, ": %s", strerror(errno));
        free(r);
        return;
    }
    r->run = run;
    for (ssize_t n; more && (n = getline(&line, &room, file)) >= 0;)
        more = take_line(r, line, (size_t)n);
    if (ferror(file))
        vec_broken(run, ": %s", strerror(errno));
    else if (more && r->suite)
        end_record(r);
    if (r->suite && run->out->tests == 0)
        vec_broken(run, ":%u: it ends before its first test", r->line);
    for (unsigned i = 0; i < r->count; i++)
        free(r->fields[i].value);
    free(line);
    fclose(file);
    free(r);
}
