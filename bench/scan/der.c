/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys in binary: DER by its structure, and OpenSSH's own format by its first line.
 */
#include "bench/scan/detect.h"

#include <string.h>

#define KEY_MIN      16    /* octets; no key is shorter */
#define KEY_MAX      48000 /* RSA-16384 takes 9.3 KB, SLH-DSA and ML-DSA less */
#define DISTINCT_MIN 8     /* different octets; constants and padding of a program have fewer */

/* One element, which must fit: *body and *length are its contents. Returns its whole size, 0 for none. */
static size_t element(const uint8_t *p, size_t size, uint8_t tag, const uint8_t **body, size_t *length)
{
    if (size < 2 || p[0] != tag)
        return 0;
    size_t head = 2, n = p[1];
    if (n >= 0x80) {
        size_t more = n & 0x7f;
        if (more == 0 || more > 3 || size < 2 + more)
            return 0;
        n = 0;
        for (size_t i = 0; i < more; i++)
            n = n << 8 | p[2 + i];
        head += more;
    }
    if (n > size - head)
        return 0;
    *body = p + head;
    *length = n;
    return head + n;
}

static bool random_enough(const uint8_t *key, size_t size)
{
    bool seen[256] = {false};
    unsigned distinct = 0;
    for (size_t i = 0; i < size; i++) {
        distinct += !seen[key[i]];
        seen[key[i]] = true;
    }
    return size >= KEY_MIN && distinct >= DISTINCT_MIN;
}

/* An AlgorithmIdentifier: SEQUENCE { OID, ... }. Returns its size. */
static size_t algorithm(const uint8_t *p, size_t size, const uint8_t **oid, size_t *oid_length)
{
    const uint8_t *body = NULL;
    size_t length = 0, whole = element(p, size, 0x30, &body, &length);
    size_t inner = whole ? element(body, length, 0x06, oid, oid_length) : 0;
    if (inner == 0 || *oid_length < 3 || *oid_length > 16)
        return 0;
    uint8_t first = (*oid)[0]; /* 1.2, 1.3, 2.16 */
    return first == 0x2a || first == 0x2b || first == 0x60 ? whole : 0;
}

/* RFC 5958 2: version, algorithm, OCTET STRING. */
static bool pkcs8(const uint8_t *p, size_t size)
{
    const uint8_t *oid = NULL, *key = NULL;
    size_t length = 0;
    if (size < 3 || p[0] != 2 || p[1] != 1 || p[2] > 1)
        return false;
    size_t n = algorithm(p + 3, size - 3, &oid, &length);
    return n && element(p + 3 + n, size - 3 - n, 0x04, &key, &length) && random_enough(key, length);
}

/* RFC 5958 3, with a PBES of PKCS#5 or PKCS#12. */
static bool encrypted(const uint8_t *p, size_t size)
{
    static const uint8_t pkcs[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01};
    const uint8_t *oid = NULL, *key = NULL;
    size_t oid_length = 0, length = 0, n = algorithm(p, size, &oid, &oid_length);
    if (!n || oid_length <= sizeof pkcs || memcmp(oid, pkcs, sizeof pkcs) != 0 ||
        (oid[7] != 0x05 && oid[7] != 0x0c))
        return false;
    return element(p + n, size - n, 0x04, &key, &length) == size - n && random_enough(key, length);
}

/* RFC 8017 A.1.2: nine integers, of which the first is the version and the second the modulus. */
static bool pkcs1(const uint8_t *p, size_t size)
{
    const uint8_t *body = NULL;
    size_t length = 0, done = 0;
    for (int i = 0; i < 9; i++) {
        size_t n = element(p + done, size - done, 0x02, &body, &length);
        if (!n || (i == 0 && (length != 1 || body[0] > 1)) || (i == 1 && length < 48) ||
            (i == 2 && length > 16) || (i == 3 && !random_enough(body, length)))
            return false;
        done += n;
    }
    return true;
}

/* RFC 5915 3: version 1, OCTET STRING, then [0] and [1] where they are there. */
static bool sec1(const uint8_t *p, size_t size)
{
    const uint8_t *key = NULL, *more = NULL;
    size_t length = 0, n, rest;
    if (size < 3 || p[0] != 2 || p[1] != 1 || p[2] != 1)
        return false;
    n = element(p + 3, size - 3, 0x04, &key, &length);
    if (!n || length < 20 || length > 72 || !random_enough(key, length))
        return false;
    n += 3;
    n += element(p + n, size - n, 0xa0, &more, &rest);
    n += element(p + n, size - n, 0xa1, &more, &rest);
    return n == size;
}

const char *assay_scan_der_kind(const uint8_t *data, size_t size, size_t *length)
{
    static const struct {
        const char *kind;
        bool (*is)(const uint8_t *p, size_t size);
    } forms[] = {{"private key, PKCS#8 DER", pkcs8},
                 {"private key, encrypted PKCS#8 DER", encrypted},
                 {"private key, RSA PKCS#1 DER", pkcs1},
                 {"private key, EC SEC1 DER", sec1}};
    const uint8_t *body = NULL;
    size_t inside = 0, whole = element(data, size, 0x30, &body, &inside);
    if (whole < KEY_MIN || whole > KEY_MAX)
        return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].is(body, inside)) {
            *length = whole;
            return forms[i].kind;
        }
    return NULL;
}

bool assay_scan_der(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    m->kind = assay_scan_der_kind(p->at, p->size, &m->length);
    if (m->kind)
        assay_scan_digest(p->at, m->length, m->digest);
    return m->kind != NULL;
}

/* RFC 4251 5: a 32-bit length and so many octets. False where it is cut off. */
static bool string(const uint8_t *data, size_t size, size_t *done, size_t most)
{
    if (size - *done < 4)
        return false;
    const uint8_t *p = data + *done;
    size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (n > most || n > size - *done - 4)
        return false;
    *done += 4 + n;
    return true;
}

/* PROTOCOL.key of OpenSSH: names of cipher and KDF, its options, a count, public keys, private keys. */
bool assay_scan_openssh_length(const uint8_t *data, size_t size, size_t *length)
{
    static const uint8_t magic[] = "openssh-key-v1"; /* its NUL too */
    if (size < sizeof magic || memcmp(data, magic, sizeof magic) != 0)
        return false;
    size_t done = sizeof magic;
    if (!string(data, size, &done, 64) || !string(data, size, &done, 32) || !string(data, size, &done, 256) ||
        size - done < 4)
        return false; /* a program that knows the name */
    unsigned keys = data[done + 3];
    if (data[done] || data[done + 1] || data[done + 2] || keys == 0)
        return false;
    done += 4;
    bool whole = true;
    for (unsigned i = 0; whole && i <= keys; i++)
        whole = string(data, size, &done, KEY_MAX);
    *length = whole ? done : size < KEY_MAX ? size : KEY_MAX;
    return true;
}

bool assay_scan_openssh(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    if (!assay_scan_openssh_length(p->at, p->size, &m->length))
        return false;
    m->kind = "private key, OpenSSH";
    assay_scan_digest(p->at, m->length, m->digest);
    return true;
}
