/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys in text: PEM (RFC 7468) in files, in source, in JSON and in base64 once more; and DER without
 * armor in base64 and hexadecimal.
 */
#include "bench/scan/detect.h"

#include <string.h>

#define LABEL_MAX 40  /* "SSH2 ENCRYPTED PRIVATE KEY" and its like */
#define LONGEST   200 /* of a header line */
#define BLANK_MAX 5   /* of one without a letter: its end, quoted and escaped */
#define BODY_MIN  24  /* octets: a P-192 scalar */
#define PEEK      48  /* octets that tell whether the rest is worth decoding */

static const char begin[] = "-----BEGIN ";

/* Length of "-----BEGIN ... PRIVATE KEY-----" at a place, 0 for none; the label is without its dashes. */
static size_t header(const uint8_t *p, size_t size, const uint8_t **label, size_t *label_length)
{
    const size_t skip = sizeof begin - 1;
    if (size < skip || memcmp(p, begin, skip) != 0)
        return 0;
    size_t n = 0;
    while (n < LABEL_MAX && skip + n < size && p[skip + n] != '-')
        n++;
    if (skip + n + 5 > size || memcmp(p + skip + n, "-----", 5) != 0 ||
        !memmem(p + skip, n, "PRIVATE KEY", 11))
        return 0;
    *label = p + skip;
    *label_length = n;
    return skip + n + 5;
}

/* Length of the line at a place, with its end as text or as JSON and C write it; 0 where there is none. */
static size_t line(const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size && i < LONGEST; i++) {
        if (p[i] == '\n')
            return i + 1;
        if (p[i] == '\\' && i + 1 < size && p[i + 1] == 'n')
            return i + 2;
    }
    return 0;
}

/* What comes before the body: the end of the label's line, blank ones, and lines such as
 * "Proc-Type: 4,ENCRYPTED" (RFC 1421 4.6) or PGP's "Version:". */
static size_t headers(const uint8_t *p, size_t size)
{
    size_t done = 0, n;
    while ((n = line(p + done, size - done)) > 0) {
        if (n > BLANK_MAX && (!memchr(p + done, ':', n) || memmem(p + done, n, "-----", 5)))
            break;
        done += n;
    }
    return done;
}

static bool label_is(const uint8_t *label, size_t length, const char *name)
{
    return length == strlen(name) && memcmp(label, name, length) == 0;
}

static const char *kind_of(const struct assay_scan_place *p, const uint8_t *label, size_t length, bool locked)
{
    static const char account[] = "\"private_key\"";
    size_t near = p->behind < 20 ? p->behind : 20;
    if (near && memmem(p->at - near, near, account, sizeof account - 1))
        return "GCP service-account key";
    if (locked || label_is(label, length, "ENCRYPTED PRIVATE KEY"))
        return "private key, encrypted PEM";
    if (label_is(label, length, "OPENSSH PRIVATE KEY"))
        return "private key, OpenSSH PEM";
    if (label_is(label, length, "RSA PRIVATE KEY"))
        return "private key, RSA PKCS#1 PEM";
    if (label_is(label, length, "EC PRIVATE KEY"))
        return "private key, EC SEC1 PEM";
    if (label_is(label, length, "PRIVATE KEY"))
        return "private key, PKCS#8 PEM";
    return memmem(label, length, "PGP", 3) ? "private key, PGP" : "private key, PEM";
}

/* A program or a text that only names the header has no key behind it. */
static bool is_key(const uint8_t *body, size_t size, const uint8_t *label, size_t length, bool locked)
{
    size_t n;
    if (size < BODY_MIN)
        return false;
    if (label_is(label, length, "OPENSSH PRIVATE KEY"))
        return assay_scan_openssh_length(body, size, &n);
    if (memmem(label, length, "PGP", 3))
        return body[0] & 0x80; /* RFC 9580 4.2 */
    return locked || body[0] == 0x30;
}

bool assay_scan_pem(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    const uint8_t *label;
    size_t label_length, end, done = header(p->at, p->size, &label, &label_length);
    if (done == 0)
        return false;
    size_t more = headers(p->at + done, p->size - done);
    bool locked = memmem(p->at + done, more, "ENCRYPTED", 9);
    done += more;
    size_t n = assay_scan_decode(p->at + done, p->size - done, false, p->scratch, p->room, &end);
    bool found = is_key(p->scratch, n, label, label_length, locked);
    if (found) {
        m->kind = kind_of(p, label, label_length, locked);
        m->length = done + end;
        assay_scan_digest(p->scratch, n, m->digest);
    }
    explicit_bzero(p->scratch, n);
    return found;
}

/* PEM in base64, as in a Kubernetes file: what was decoded is searched once more. */
static bool wrapped_pem(const uint8_t *text, size_t size, struct assay_scan_match *m)
{
    uint8_t inner[16384]; /* PEM of RSA-16384 takes 12.7 KB */
    const struct assay_scan_place place = {.at = text, .size = size, .scratch = inner, .room = sizeof inner};
    return assay_scan_pem(&place, m);
}

/* How many octets the DER or the PEM whose first ones these are may take; 0 when it is neither. Most of what
 * is base64 or hexadecimal is not: a SEQUENCE, then a version, or an algorithm's SEQUENCE. */
static size_t worth(const uint8_t *peek, size_t n, size_t room, bool *pem)
{
    *pem = n >= sizeof begin - 1 && memcmp(peek, begin, sizeof begin - 1) == 0;
    if (*pem)
        return room;
    if (n < BODY_MIN || peek[0] != 0x30)
        return 0;
    size_t more = peek[1] & 0x80 ? peek[1] & 0x7f : 0, length = more ? 0 : peek[1];
    if (more > 2 || (peek[2 + more] != 0x02 && peek[2 + more] != 0x30))
        return 0;
    for (size_t i = 0; i < more; i++)
        length = length << 8 | peek[2 + i];
    length += 2 + more;
    return length <= room ? length : 0;
}

static bool encoded(const struct assay_scan_place *p, bool hex, struct assay_scan_match *m)
{
    uint8_t peek[PEEK];
    bool pem;
    size_t end, length, n = assay_scan_decode(p->at, p->size, hex, peek, sizeof peek, &end);
    size_t want = worth(peek, n, p->room, &pem);
    explicit_bzero(peek, sizeof peek);
    if (!want)
        return false;
    n = assay_scan_decode(p->at, p->size, hex, p->scratch, want, &end);
    m->kind = NULL;
    if (pem)
        (void)!wrapped_pem(p->scratch, n, m);
    else if ((m->kind = assay_scan_der_kind(p->scratch, n, &length)))
        assay_scan_digest(p->scratch, length, m->digest);
    m->length = end;
    explicit_bzero(p->scratch, n);
    return m->kind != NULL;
}

bool assay_scan_base64(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    /* 0x30 is 'M' and one of 'A' to 'P'; "-----BEGIN" is "LS0t" */
    if (p->size < 4 || (p->at[0] == 'M' ? p->at[1] < 'A' || p->at[1] > 'P' : memcmp(p->at, "LS0t", 4) != 0))
        return false;
    return encoded(p, false, m);
}

bool assay_scan_hex(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    return p->size >= 2 && p->at[1] == '0' && encoded(p, true, m);
}
