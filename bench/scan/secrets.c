/* SPDX-License-Identifier: Apache-2.0
 *
 * Named secrets: each becomes needles, one a form in which it may have been written.
 */
#include "bench/scan/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MIN 8 /* octets; what is shorter is found by accident */
#define SECRET_MAX 4096
#define FORMS      9 /* raw, two of hexadecimal, three of each base64 */

struct needle {
    const char *kind;
    uint8_t *text;
    size_t length;
    uint8_t digest[ASSAY_SCAN_DIGEST];
    struct needle *next; /* with the same first two octets */
};

struct assay_scan_secrets {
    struct needle *of[65536];
};

static unsigned slot(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

void assay_scan_secrets_free(struct assay_scan_secrets *secrets)
{
    for (size_t i = 0; secrets && i < 65536; i++)
        for (struct needle *n = secrets->of[i], *next; n; n = next) {
            next = n->next;
            explicit_bzero(n->text, n->length);
            free(n->text);
            free(n);
        }
    free(secrets);
}

static bool add(struct assay_scan_secrets *secrets, const char *kind, const uint8_t *text, size_t length,
                const uint8_t digest[ASSAY_SCAN_DIGEST])
{
    if (length < SECRET_MIN) /* parse() lets none through */
        return false;
    struct needle **head = &secrets->of[slot(text)];
    for (struct needle *n = *head; n; n = n->next)
        if (n->length == length && memcmp(n->text, text, length) == 0)
            return true;
    struct needle *n = calloc(1, sizeof *n);
    uint8_t *copy = malloc(length);
    if (!n || !copy) {
        free(n);
        free(copy);
        return false;
    }
    memcpy(copy, text, length);
    *n = (struct needle){.kind = kind, .text = copy, .length = length, .next = *head};
    memcpy(n->digest, digest, ASSAY_SCAN_DIGEST);
    *head = n;
    return true;
}

/* The letters that stand for these octets alone where `before` octets of a group of three precede them: what
 * the first and the last letter share with a neighbour is left out. */
static size_t base64(const uint8_t *in, size_t size, unsigned before, const char *tail, char *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t n = 0;
    for (size_t bit = before ? 6 - (before * 8) % 6 : 0; bit + 6 <= size * 8; bit += 6) {
        unsigned two = (unsigned)in[bit / 8] << 8 | (bit / 8 + 1 < size ? in[bit / 8 + 1] : 0);
        unsigned value = two >> (10 - bit % 8) & 63;
        out[n++] = value < 62 ? letters[value] : tail[value - 62];
    }
    return n;
}

bool assay_scan_secrets_add(struct assay_scan_secrets *secrets, const uint8_t *raw, size_t size, bool hex)
{
    static const char *const digits[] = {"0123456789abcdef", "0123456789ABCDEF"}, *const tails[] = {"+/",
                                                                                                    "-_"};
    uint8_t digest[ASSAY_SCAN_DIGEST], text[2 * SECRET_MAX] = {0};
    assay_scan_digest(raw, size, digest);
    bool ok = add(secrets, "test secret", raw, size, digest);
    for (unsigned i = 0; i < 2; i++) {
        for (size_t j = 0; j < size; j++) {
            text[2 * j] = (uint8_t)digits[i][raw[j] >> 4];
            text[2 * j + 1] = (uint8_t)digits[i][raw[j] & 15];
        }
        ok = ok && (!hex || add(secrets, "test secret in hexadecimal", text, 2 * size, digest));
        for (unsigned before = 0; before < 3; before++) {
            size_t n = base64(raw, size, before, tails[i], (char *)text);
            ok = ok && add(secrets, "test secret in base64", text, n, digest);
        }
    }
    explicit_bzero(text, sizeof text);
    return ok;
}

/* Octets of one line, 0 when it is no secret; blanks around it are none of it. */
static size_t parse(const char *line, uint8_t raw[SECRET_MAX])
{
    size_t n = 0;
    const char *p = line + strspn(line, " \t");
    size_t digits = strcspn(p, " \t\r\n");
    if (digits % 2 || digits < 2 * SECRET_MIN || digits > 2 * SECRET_MAX ||
        p[digits + strspn(p + digits, " \t\r\n")])
        return 0;
    for (; n < digits / 2; n++) {
        int high = assay_scan_hex_value((uint8_t)p[2 * n]), low = assay_scan_hex_value((uint8_t)p[2 * n + 1]);
        if (high < 0 || low < 0)
            return 0;
        raw[n] = (uint8_t)(high << 4 | low);
    }
    return n;
}

static bool read_lines(struct assay_scan_secrets *secrets, FILE *file, const char *path,
                       char error[ASSAY_SCAN_ERROR_MAX])
{
    uint8_t raw[SECRET_MAX] = {0};
    char *line = NULL;
    size_t room = 0, n;
    bool ok = true;
    for (unsigned number = 1; ok && getline(&line, &room, file) >= 0; number++) {
        if (!line[strspn(line, " \t\r\n")] || line[0] == '#')
            continue;
        n = parse(line, raw);
        ok = n && assay_scan_secrets_add(secrets, raw, n, true);
        if (!n) /* the line itself is not shown: it may be a secret that was mistyped */
            snprintf(error, ASSAY_SCAN_ERROR_MAX, "%s:%u: not %d to %d octets in hexadecimal", path, number,
                     SECRET_MIN, SECRET_MAX);
        else if (!ok)
            snprintf(error, ASSAY_SCAN_ERROR_MAX, "out of memory");
    }
    if (ok && ferror(file)) {
        ok = false;
        snprintf(error, ASSAY_SCAN_ERROR_MAX, "%s: %s", path, strerror(errno));
    }
    explicit_bzero(raw, sizeof raw);
    if (line)
        explicit_bzero(line, room);
    free(line);
    return ok;
}

struct assay_scan_secrets *assay_scan_secrets_new(void)
{
    return calloc(1, sizeof(struct assay_scan_secrets));
}

bool assay_scan_secrets_read(struct assay_scan_secrets *secrets, const char *path,
                             char error[ASSAY_SCAN_ERROR_MAX])
{
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(error, ASSAY_SCAN_ERROR_MAX, "%s: %s", path, strerror(errno));
        return false;
    }
    bool ok = read_lines(secrets, file, path, error);
    fclose(file);
    return ok;
}

bool assay_scan_secret_at(const struct assay_scan_secrets *secrets, const struct assay_scan_place *p,
                          struct assay_scan_match *m)
{
    if (p->size < SECRET_MIN)
        return false;
    for (const struct needle *n = secrets->of[slot(p->at)]; n; n = n->next)
        if (n->length <= p->size && memcmp(p->at, n->text, n->length) == 0) {
            m->kind = n->kind;
            m->length = n->length;
            memcpy(m->digest, n->digest, ASSAY_SCAN_DIGEST);
            return true;
        }
    return false;
}
