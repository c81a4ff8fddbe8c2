/* SPDX-License-Identifier: Apache-2.0
 *
 * Access keys of clouds and services by the forms that their makers publish, and JWTs (RFC 7519).
 */
#include "bench/scan/detect.h"

#include <jansson.h>
#include <string.h>

#define JWT_HEADER_MAX    4096
#define JWT_SIGNATURE_MIN 16 /* letters; 43 for an HMAC-SHA-256 */

enum set { BASE32, UPPER, ALNUM, WORD, DASHED, URL, BASE64 };

static bool in(enum set set, uint8_t c)
{
    const bool digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z';
    switch (set) {
    case BASE32:
        return upper || (c >= '2' && c <= '7');
    case UPPER:
        return upper || digit;
    case ALNUM:
        return assay_scan_alnum(c);
    case WORD:
        return assay_scan_alnum(c) || c == '_';
    case DASHED:
        return assay_scan_alnum(c) || c == '-';
    case URL:
        return assay_scan_alnum(c) || c == '_' || c == '-';
    case BASE64:
        return assay_scan_alnum(c) || c == '+' || c == '/';
    }
    return false;
}

static size_t span(const uint8_t *p, size_t size, enum set set)
{
    size_t n = 0;
    while (n < size && in(set, p[n]))
        n++;
    return n;
}

/* A prefix, then so many letters of a set, with none of `edge` on either side. */
static const struct form {
    const char *kind, *prefix;
    enum set set;
    size_t least, most;
    enum set edge;
    bool padded; /* "==" follows */
    bool anyhow; /* whatever stands before it */
} forms[] = {
    {"AWS access key", "AKIA", BASE32, 16, 16, ALNUM, false, false},
    {"AWS access key, temporary", "ASIA", BASE32, 16, 16, ALNUM, false, false},
    {"Google API key", "AIza", URL, 35, 35, URL, false, false},
    {"GitHub token", "ghp_", ALNUM, 36, 251, WORD, false, false},
    {"GitHub token", "gho_", ALNUM, 36, 251, WORD, false, false},
    {"GitHub token", "ghu_", ALNUM, 36, 251, WORD, false, false},
    {"GitHub token", "ghs_", ALNUM, 36, 251, WORD, false, false},
    {"GitHub token", "ghr_", ALNUM, 36, 251, WORD, false, false},
    {"GitHub token, fine-grained", "github_pat_", WORD, 60, 251, WORD, false, false},
    {"Slack token", "xoxa-", DASHED, 20, 250, DASHED, false, false},
    {"Slack token", "xoxb-", DASHED, 20, 250, DASHED, false, false},
    {"Slack token", "xoxp-", DASHED, 20, 250, DASHED, false, false},
    {"Slack token", "xoxr-", DASHED, 20, 250, DASHED, false, false},
    {"Slack token", "xoxs-", DASHED, 20, 250, DASHED, false, false},
    {"Azure storage key", "AccountKey=", BASE64, 86, 86, BASE64, true, true},
    {"Stripe secret key", "sk_live_", ALNUM, 16, 247, WORD, false, false},
    {"Stripe restricted key", "rk_live_", ALNUM, 16, 247, WORD, false, false},
};

/* "x0x0x0..." in a document or a usage message is no key. */
static bool varied(const uint8_t *p, size_t size)
{
    bool seen[256] = {false};
    unsigned distinct = 0;
    for (size_t i = 0; i < size; i++) {
        distinct += !seen[p[i]];
        seen[p[i]] = true;
    }
    return distinct >= 6;
}

static bool fits(const struct form *f, const struct assay_scan_place *p, size_t *length)
{
    size_t prefix = strlen(f->prefix);
    if (p->size < prefix || memcmp(p->at, f->prefix, prefix) != 0)
        return false;
    if (!f->anyhow && p->behind && in(f->edge, p->at[-1]))
        return false;
    size_t n = span(p->at + prefix, p->size - prefix, f->set), whole = prefix + n;
    if (n < f->least || n > f->most || !varied(p->at + prefix, n))
        return false;
    if (f->padded) {
        if (p->size - whole < 2 || memcmp(p->at + whole, "==", 2) != 0)
            return false;
        whole += 2;
    } else if (whole < p->size && in(f->edge, p->at[whole])) {
        return false;
    }
    *length = whole;
    return true;
}

/* An AWS secret has no form of its own: 40 letters behind its name. */
static bool aws_secret(const struct assay_scan_place *p, size_t *from, size_t *length)
{
    static const char *const names[] = {"secret_access_key", "SECRET_ACCESS_KEY", "SecretAccessKey",
                                        "secretAccessKey"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (p->size < n || memcmp(p->at, names[i], n) != 0)
            continue;
        const size_t near = n + 8;
        while (n < p->size && n < near && p->at[n] && strchr(" \t=:\"'\\>", p->at[n]))
            n++;
        *from = n;
        *length = span(p->at + n, p->size - n, BASE64);
        return *length == 40 && varied(p->at + n, 40);
    }
    return false;
}

bool assay_scan_token(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    size_t from = 0, length;
    m->kind = NULL;
    for (size_t i = 0; !m->kind && i < sizeof forms / sizeof forms[0]; i++)
        if (fits(&forms[i], p, &length))
            m->kind = forms[i].kind;
    if (!m->kind && aws_secret(p, &from, &length))
        m->kind = "AWS secret access key";
    if (!m->kind)
        return false;
    m->length = from + length;
    assay_scan_digest(p->at + from, length, m->digest);
    return true;
}

/* A JOSE header says its algorithm (RFC 7515 4.1.1). */
static bool jose(const uint8_t *text, size_t size)
{
    uint8_t header[JWT_HEADER_MAX];
    size_t end, n = assay_scan_decode(text, size, false, header, sizeof header, &end);
    json_t *object = json_loadb((const char *)header, n, 0, NULL);
    bool found = json_is_string(json_object_get(object, "alg"));
    json_decref(object);
    explicit_bzero(header, n);
    return found;
}

bool assay_scan_jwt(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    size_t part[3], done = 0;
    if (p->behind && in(URL, p->at[-1]))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (i > 0 && (done >= p->size || p->at[done++] != '.'))
            return false;
        part[i] = span(p->at + done, p->size - done, URL);
        if (part[i] < 2)
            return false;
        done += part[i];
    }
    if (part[0] > JWT_HEADER_MAX || part[2] < JWT_SIGNATURE_MIN || !jose(p->at, part[0]))
        return false;
    m->kind = "JWT";
    m->length = done;
    assay_scan_digest(p->at, done, m->digest);
    return true;
}

bool assay_scan_at(const struct assay_scan_place *p, struct assay_scan_match *m)
{
    switch (p->at[0]) {
    case '-':
        return assay_scan_pem(p, m);
    case 0x30: /* '0' too */
        return assay_scan_der(p, m);
    case '3':
        return assay_scan_hex(p, m);
    case 'o':
        return assay_scan_openssh(p, m);
    case 'M':
    case 'L':
        return assay_scan_base64(p, m);
    case 'e':
        return p->size > 2 && p->at[1] == 'y' && assay_scan_jwt(p, m);
    case 'A':
    case 'S':
    case 'g':
    case 'r':
    case 's':
    case 'x':
        return assay_scan_token(p, m);
    default:
        return false;
    }
}
