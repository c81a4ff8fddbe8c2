/* SPDX-License-Identifier: Apache-2.0
 *
 * Project Wycheproof's JWS: token_published MODULE; skipped where scripts/vectors has fetched nothing. Every
 * token is tried under its group's key. A key that a keyset does not take (another algorithm, another use)
 * has nothing valid, and its right tokens are counted as unsupported.
 */
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"
#include "tests/unit/token_module.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the file and RFC 7515 disagree. 372 and 373 have a "?" inside a segment and are called valid, while
 * §2 has no characters outside the alphabet. 367 and 370 are called invalid for their padding, which the file
 * has lost: to the character they are 357, which is valid. */
static const int invalid_in_truth[] = {372, 373}, valid_in_truth[] = {367, 370};

static struct {
    unsigned passed, rejected, unsupported, wrong, known;
} count;

static bool is_among(int id, const int list[2])
{
    return id == list[0] || id == list[1];
}

static size_t decode(const json_t *jwk, const char *name, uint8_t *out, size_t room)
{
    const char *text = json_string_value(json_object_get(jwk, name));
    size_t size = 0;
    if (!text || !assay_base64url_decode(text, strlen(text), out, room, &size))
        return 0;
    return size;
}

/* An INTEGER, or a SEQUENCE of what is there already: tag and length go before the content. */
static size_t der_wrap(uint8_t tag, uint8_t *content, size_t size)
{
    uint8_t head[4] = {tag};
    size_t n = 2;
    if (size < 128) {
        head[1] = (uint8_t)size;
    } else {
        head[1] = 0x82, head[2] = (uint8_t)(size >> 8), head[3] = (uint8_t)size;
        n = 4;
    }
    memmove(content + n, content, size);
    memcpy(content, head, n);
    return n + size;
}

static size_t der_integer(const json_t *jwk, const char *name, uint8_t *out)
{
    out[0] = 0;
    size_t size = decode(jwk, name, out + 1, 1000);
    if (size == 0)
        return 0;
    if (out[1] >> 7)
        return der_wrap(2, out, size + 1);
    memmove(out, out + 1, size);
    return der_wrap(2, out, size);
}

/* The key as backend.h has it; 0: not one of ours. */
static size_t read_key(const json_t *jwk, enum assay_jws_alg *alg, uint8_t out[2048])
{
    const char *name = json_string_value(json_object_get(jwk, "alg"));
    const char *use = json_string_value(json_object_get(jwk, "use"));
    for (*alg = ASSAY_EDDSA; assay_jws_alg_name(*alg); (*alg)++)
        if (name && strcmp(name, assay_jws_alg_name(*alg)) == 0)
            break;
    if (!assay_jws_alg_name(*alg) || (use && strcmp(use, "sig") != 0) || !token_module_has(*alg))
        return 0;
    if (*alg == ASSAY_HS256)
        return decode(jwk, "k", out, 2048);
    if (*alg == ASSAY_ES256) {
        out[0] = 4;
        return decode(jwk, "x", out + 1, 64) == 32 && decode(jwk, "y", out + 33, 64) == 32 ? 65 : 0;
    }
    if (*alg != ASSAY_RS256)
        return 0;
    size_t size = der_integer(jwk, "n", out);
    return der_wrap(0x30, out, size + der_integer(jwk, "e", out + size));
}

static void one_test(const struct assay_keyset *set, const json_t *test)
{
    static struct assay_jws jws;
    enum assay_token_result result = ASSAY_TOKEN_RESULTS;
    int id = (int)json_integer_value(json_object_get(test, "tcId"));
    const char *text = json_string_value(json_object_get(test, "jws"));
    bool valid = strcmp(json_string_value(json_object_get(test, "result")), "valid") == 0;
    if (valid && set->count == 0) {
        count.unsupported++;
        return;
    }
    if (set->count > 0 && (is_among(id, invalid_in_truth) || is_among(id, valid_in_truth))) {
        valid = !valid;
        count.known++;
    }
    if (assay_jws_verify(set, text, strlen(text), &jws, &result) != ASSAY_OK ||
        (result == ASSAY_TOKEN_VALID) != valid) {
        count.wrong++;
        printf("tcId %d: %s\n", id, assay_token_result_name(result));
    } else {
        valid ? count.passed++ : count.rejected++;
    }
}

static void one_group(const json_t *group)
{
    const json_t *jwk = json_object_get(group, "public"), *tests = json_object_get(group, "tests");
    struct assay_keyset set;
    enum assay_jws_alg alg;
    uint8_t key[2048];
    if (!jwk)
        jwk = json_object_get(group, "private");
    const char *kid = json_string_value(json_object_get(jwk, "kid"));
    assay_keyset_init(&set, token_module.backend, token_module.instance);
    size_t size = read_key(jwk, &alg, key);
    if (size > 0 && assay_keyset_add(&set, token_text(kid), alg, ASSAY_KEY_VERIFIES,
                                     (struct assay_bytes){key, size}) != ASSAY_OK) {
        count.wrong++;
        printf("a key of %s is not taken\n", assay_jws_alg_name(alg));
    }
    for (size_t i = 0; i < json_array_size(tests); i++)
        one_test(&set, json_array_get(tests, i));
    assay_keyset_clear(&set);
}

int main(int argc, char **argv)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char path[4096];
    if (argc != 2)
        return 2;
    token_module_load(argv[1]);
    snprintf(path, sizeof path, "%s%s/assay/vectors/wycheproof/testvectors_v1/json_web_signature_test.json",
             cache && *cache ? cache
             : home          ? home
                             : "",
             cache && *cache ? "" : "/.cache");
    json_t *file = json_load_file(path, 0, NULL);
    if (!file) {
        printf("skipped: no %s; scripts/vectors fetches it\n", path);
        return 77;
    }
    const json_t *groups = json_object_get(file, "testGroups");
    for (size_t i = 0; i < json_array_size(groups); i++)
        one_group(json_array_get(groups, i));
    json_decref(file);
    printf("%u passed, %u rejected, %u unsupported, %u wrong; in %u the file is wrong\n", count.passed,
           count.rejected, count.unsupported, count.wrong, count.known);
    return count.wrong == 0 && count.passed > 0 && count.passed + count.rejected + count.unsupported >= 401
               ? 0
               : 1;
}
