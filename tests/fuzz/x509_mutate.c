/* SPDX-License-Identifier: Apache-2.0
 *
 * How inputs for the X.509 target are made: seeds are the tree's test certificates and what the writer makes;
 * a mutation changes one element of the DER, at any depth, and writes the lengths of those around it anew.
 * Octets altered blindly would hardly get past the first length.
 */
#include "tests/fuzz/x509.h"

#include "kernels/service/der.h"
#include "kernels/vectors/tls_certs.h"

#include <string.h>

#define ROOM  4096u
#define SEEDS 24u
#define DEPTH 16u /* of elements in elements that are looked into */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

static size_t written_certificate(uint8_t *out, unsigned which)
{
    static uint8_t key[65] = {4, 1}, serial = 0x80, signature[72] = {0x30, 70};
    const struct assay_x509_fields f = {
        .issuer_alg = which & 1 ? ASSAY_ED25519 : ASSAY_ECDSA_P256_SHA256,
        .alg = which & 2 ? ASSAY_ED25519 : ASSAY_ECDSA_P256_SHA256,
        .serial = {serial, 1, 2},
        .issuer = {(const uint8_t *)"CA", 2},
        .subject = {(const uint8_t *)"cart", 4},
        .not_before = which & 1 ? 1767225600 : 2524607999, /* 2026-01-01, 2049-12-31 */
        .not_after = 2524608000,
        .public_key = {key, which & 2 ? 32 : 65},
        .key_id = {1},
        .issuer_key_id = {2},
        .ca = which & 4,
        .uri = {(const uint8_t *)"spiffe://example/cart", which & 4 ? 0 : 21},
        .dns = {(const uint8_t *)"cart.example", which & 4 ? 0 : 12},
    };
    uint8_t tbs[ASSAY_X509_MAX];
    size_t size = assay_x509_write_tbs(&f, tbs);
    return assay_x509_write(f.issuer_alg, (struct assay_bytes){tbs, size},
                            (struct assay_bytes){signature, sizeof signature}, out);
}

static struct assay_bytes made_by_openssl(unsigned which)
{
    static const enum assay_alg algs[] = {ASSAY_ECDSA_P256_SHA256, ASSAY_ED25519,
                                          ASSAY_RSA_2048_PKCS1_SHA256};
    const struct assay_tls_identity *i = assay_tls_identity(algs[which / 4 % 3]);
    return which % 4 == 0   ? i->root
           : which % 4 == 1 ? i->server_chain[1]
           : which % 4 == 2 ? i->server_chain[0]
                            : i->client_chain[0];
}

size_t x509_seed(uint8_t *out, size_t room, unsigned which)
{
    static uint8_t whole[1 + ROOM];
    size_t size;
    which %= SEEDS;
    whole[0] = CERTIFICATE;
    if (which < 12) {
        const struct assay_bytes der = made_by_openssl(which);
        memcpy(whole + 1, der.data, size = der.size);
    } else if (which < 20) {
        size = written_certificate(whole + 1, which - 12);
    } else if (which < 22) {
        static const uint8_t private_key[32] = {[31] = 1}, point[65] = {4};
        whole[0] = PRIVATE_KEY;
        size = assay_pkcs8_write(which & 1 ? ASSAY_ED25519 : ASSAY_ECDSA_P256_SHA256, private_key,
                                 (struct assay_bytes){point, sizeof point}, whole + 1);
    } else { /* as write_fields() takes them: two CNs, a URI and a DNS name */
        static const uint8_t texts[] = "\2CA\4cart\6urn:id\1d";
        whole[0] = FIELDS;
        memset(whole + 1, 0, size = 1 + 16 + 16 + 40 + 65 + 72);
        whole[1] = (uint8_t)which;
        whole[2] = 1;
        memcpy(whole + 1 + size, texts, sizeof texts - 1);
        size += sizeof texts - 1;
    }
    size = size + 1 < room ? size + 1 : room;
    memcpy(out, whole, size);
    return size;
}

static unsigned draw(uint64_t *state, unsigned below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33) % below;
}

struct out {
    uint8_t *data;
    size_t size, room;
};

static void put(struct out *out, const void *data, size_t size)
{
    size = size < out->room - out->size ? size : out->room - out->size;
    if (size > 0)
        memcpy(out->data + out->size, data, size);
    out->size += size;
}

/* wide: a length of one octet more than it takes, which is not DER. */
static void put_element(struct out *out, uint8_t tag, struct assay_bytes content, bool wide)
{
    unsigned width = (content.size < 0x80 ? 0 : content.size < 0x100 ? 1 : 2) + wide;
    const uint8_t head[] = {tag, width == 0 ? (uint8_t)content.size : (uint8_t)(0x80 | width)};
    put(out, head, sizeof head);
    while (width-- > 0)
        put(out, &(uint8_t){(uint8_t)(content.size >> 8 * width)}, 1);
    put(out, content.data, content.size);
}

/* The elements that this one holds, in place or in octets or bits; none: it is a leaf. */
static struct assay_bytes inside(uint8_t tag, struct assay_bytes content, unsigned depth)
{
    const struct assay_bytes none = {NULL, 0};
    struct assay_bytes rest, one;
    uint8_t any;
    if (tag == ASSAY_DER_BITS && content.size > 0)
        content = (struct assay_bytes){content.data + 1, content.size - 1};
    else if (!(tag & 0x20) && tag != ASSAY_DER_OCTETS)
        return none;
    rest = content;
    while (rest.size > 0)
        if (depth == DEPTH || !assay_der_any(&rest, &any, &one, NULL))
            return none;
    return content;
}

static unsigned count(struct assay_bytes in, unsigned depth)
{
    struct assay_bytes content;
    unsigned n = 0;
    uint8_t tag;
    while (in.size > 0 && assay_der_any(&in, &tag, &content, NULL))
        n += 1 + count(inside(tag, content, depth), depth + 1);
    return in.size > 0 ? 0 : n;
}

/* Gone, there twice, with another tag, of another length, with a bit flipped, or otherwise altered. */
static void put_changed(uint64_t *state, uint8_t tag, struct assay_bytes content, struct out *out)
{
    static const uint8_t tags[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14,
                                   0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x84,
                                   0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa3, 0xa4, 0xa5};
    uint8_t room[ROOM];
    struct out inner = {room, 0, out->room - out->size < ROOM ? out->room - out->size : ROOM};
    unsigned what = draw(state, 12);
    put(&inner, content.data, content.size);
    if (what == 0)
        return;
    if (what == 1)
        put_element(out, tag, content, false);
    if (what == 2)
        tag = tags[draw(state, sizeof tags)];
    if (what > 3 && what < 8 && inner.size > 0)
        room[draw(state, (unsigned)inner.size)] ^= (uint8_t)(1u << draw(state, 8));
    if (what >= 8 && inner.room > 0)
        inner.size = LLVMFuzzerMutate(room, inner.size, inner.room);
    put_element(out, tag, (struct assay_bytes){room, inner.size}, what == 3);
}

/* All of it again, but for the element of number which, of all that there are at any depth. */
static void change(uint64_t *state, struct assay_bytes in, unsigned which, unsigned depth, struct out *out)
{
    struct assay_bytes content, whole;
    uint8_t tag, room[ROOM];
    for (unsigned first = 0, next; assay_der_any(&in, &tag, &content, &whole); first = next) {
        const struct assay_bytes held = inside(tag, content, depth);
        next = first + 1 + count(held, depth + 1);
        if (which == first) {
            put_changed(state, tag, content, out);
        } else if (which > first && which < next) {
            struct out inner = {room, 0, ROOM};
            put(&inner, content.data, content.size - held.size); /* of bits, how many are not used */
            change(state, held, which - first - 1, depth + 1, &inner);
            put_element(out, tag, (struct assay_bytes){room, inner.size}, false);
        } else {
            put(out, whole.data, whole.size);
        }
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    static uint8_t copy[1 + ROOM];
    uint64_t state = seed;
    if (size < 16 || draw(&state, 3) == 0) /* most of what libFuzzer keeps is malformed somewhere already */
        size = x509_seed(data, room, draw(&state, SEEDS));
    memcpy(copy, data, size < sizeof copy ? size : 0);
    const struct assay_bytes der = {copy + 1, size - 1};
    unsigned elements = size < sizeof copy && data[0] % X509_INPUTS != FIELDS ? count(der, 0) : 0;
    if (elements == 0 || draw(&state, 16) == 0)
        return LLVMFuzzerMutate(data, size, room);
    struct out out = {data + 1, 0, room - 1};
    unsigned which = draw(&state, elements);
    change(&state, der, which, 0, &out);
    return 1 + out.size;
}
