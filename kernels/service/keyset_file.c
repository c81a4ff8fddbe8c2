/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/keyset_file.h"
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const purposes[] = {[ASSAY_KEY_SIGNS] = "sign", [ASSAY_KEY_VERIFIES] = "verify"};

__attribute__((format(printf, 2, 3))) static enum assay_rc refuse(char why[ASSAY_KEYSET_WHY],
                                                                  const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, ASSAY_KEYSET_WHY, format, ap);
    va_end(ap);
    return ASSAY_INPUT;
}

static bool is_printable(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return true;
}

/* The key's own name, as far as it is known, for a message. */
static const char *label(const struct assay_keyset_entry *k, size_t index, char out[ASSAY_KID_MAX + 16])
{
    if (k->kid[0])
        snprintf(out, ASSAY_KID_MAX + 16, "key '%s'", k->kid);
    else
        snprintf(out, ASSAY_KID_MAX + 16, "key number %zu", index + 1);
    return out;
}

static bool known_size(const struct assay_keyset_entry *k)
{
    bool signs = k->purpose == ASSAY_KEY_SIGNS;
    switch (k->alg) {
    case ASSAY_EDDSA:
        return k->size == 32;
    case ASSAY_ES256:
        return k->size == (signs ? 32u : 65u);
    default:
        return k->size >= 32; /* HS256: RFC 7518 §3.2; DER: the library knows */
    }
}

static bool read_kid(struct assay_keyset_entry *k, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    if (!text || size == 0 || size > ASSAY_KID_MAX || !is_printable(text, size))
        return false;
    memcpy(k->kid, text, size + 1);
    return true;
}

static bool read_alg(struct assay_keyset_entry *k, const json_t *value)
{
    const char *text = json_string_value(value);
    for (k->alg = ASSAY_EDDSA; text && assay_jws_alg_name(k->alg); k->alg++)
        if (strcmp(text, assay_jws_alg_name(k->alg)) == 0)
            return true;
    return false;
}

static bool read_purpose(struct assay_keyset_entry *k, const json_t *value)
{
    const char *text = json_string_value(value);
    for (k->purpose = ASSAY_KEY_SIGNS; text && k->purpose <= ASSAY_KEY_VERIFIES; k->purpose++)
        if (strcmp(text, purposes[k->purpose]) == 0)
            return true;
    return false;
}

static bool read_octets(struct assay_keyset_entry *k, const json_t *value)
{
    const char *text = json_string_value(value);
    return text &&
           assay_base64url_decode(text, json_string_length(value), k->octets, sizeof k->octets, &k->size);
}

static const struct {
    const char *name, *wanted;
    bool (*read)(struct assay_keyset_entry *, const json_t *);
} fields[] = {
    {"kid", "1 to 64 printable characters", read_kid},
    {"alg", "EdDSA, ES256, RS256 or HS256", read_alg},
    {"purpose", "sign or verify", read_purpose},
    {"key", "base64url without padding", read_octets},
};

static enum assay_rc parse_key(struct assay_keyset_entry *k, size_t index, const json_t *object,
                               char why[ASSAY_KEYSET_WHY])
{
    char name[ASSAY_KID_MAX + 16];
    if (!json_is_object(object))
        return refuse(why, "key number %zu is not an object", index + 1);
    for (size_t i = 0; i < ASSAY_COUNT(fields); i++) {
        const json_t *value = json_object_get(object, fields[i].name);
        if (!value)
            return refuse(why, "%s has no field '%s'", label(k, index, name), fields[i].name);
        if (!fields[i].read(k, value))
            return refuse(why, "%s: field '%s' is not %s", label(k, index, name), fields[i].name,
                          fields[i].wanted);
    }
    if (json_object_size(object) != ASSAY_COUNT(fields))
        return refuse(why, "%s has an unknown field", label(k, index, name));
    if (!known_size(k))
        return refuse(why, "%s: field 'key' has %zu octets, which is no size for %s of %s",
                      label(k, index, name), k->size, purposes[k->purpose], assay_jws_alg_name(k->alg));
    return ASSAY_OK;
}

static enum assay_rc refuse_twice(const struct assay_keyset_file *f, char why[ASSAY_KEYSET_WHY])
{
    const struct assay_keyset_entry *last = &f->key[f->count - 1];
    for (const struct assay_keyset_entry *k = f->key; k < last; k++) {
        if (strcmp(k->kid, last->kid) == 0)
            return refuse(why, "key '%s' is there twice", k->kid);
        if (k->size == last->size && memcmp(k->octets, last->octets, k->size) == 0)
            return refuse(why, "key '%s' is the same as key '%s'", last->kid, k->kid);
    }
    return ASSAY_OK;
}

static enum assay_rc parse_keys(struct assay_keyset_file *out, const json_t *keys, char why[ASSAY_KEYSET_WHY])
{
    if (json_array_size(keys) < 1 || json_array_size(keys) > ASSAY_KEYSET_KEYS)
        return refuse(why, "field 'keys' is not an array of 1 to %u keys", ASSAY_KEYSET_KEYS);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        ASSAY_TRY(parse_key(&out->key[i], i, json_array_get(keys, i), why));
        out->count++;
        ASSAY_TRY(refuse_twice(out, why));
    }
    return ASSAY_OK;
}

enum assay_rc assay_keyset_file_parse(struct assay_keyset_file *out, const char *text, size_t size,
                                      char why[ASSAY_KEYSET_WHY])
{
    json_error_t error;
    enum assay_rc rc;
    explicit_bzero(out, sizeof *out);
    json_t *root =
        size <= ASSAY_KEYSET_FILE_MAX ? json_loadb(text, size, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (!root)
        rc = size <= ASSAY_KEYSET_FILE_MAX
                 ? refuse(why, "no JSON without duplicates: line %d, column %d", error.line, error.column)
                 : refuse(why, "more than %u octets", ASSAY_KEYSET_FILE_MAX);
    else if (!json_is_object(root) || !json_object_get(root, "keys") || json_object_size(root) != 1)
        rc = refuse(why, "not an object with the one field 'keys'");
    else
        rc = parse_keys(out, json_object_get(root, "keys"), why);
    json_decref(root);
    if (rc != ASSAY_OK)
        explicit_bzero(out, sizeof *out);
    return rc;
}

enum assay_rc assay_keyset_file_open(const struct assay_keyset_file *f, struct assay_keyset *set,
                                     char why[ASSAY_KEYSET_WHY])
{
    for (const struct assay_keyset_entry *k = f->key; k < f->key + f->count; k++) {
        enum assay_rc rc =
            assay_keyset_add(set, (struct assay_bytes){(const uint8_t *)k->kid, strlen(k->kid)}, k->alg,
                             k->purpose, (struct assay_bytes){k->octets, k->size});
        if (rc == ASSAY_OK)
            continue;
        if (rc == ASSAY_INPUT)
            (void)refuse(why, "key '%s' is no key to %s %s, or the other half of one that is there", k->kid,
                         purposes[k->purpose], assay_jws_alg_name(k->alg));
        else
            (void)refuse(why, "key '%s' cannot be opened here", k->kid);
        assay_keyset_clear(set);
        return rc;
    }
    return ASSAY_OK;
}

/* The file's text; the caller frees it, and wipes it first. NULL: no memory. */
static char *write_text(const struct assay_keyset_file *f, size_t *size)
{
    size_t room = 16, used;
    for (size_t i = 0; i < f->count; i++)
        room += ASSAY_BASE64URL_SIZE(f->key[i].size) + ASSAY_KID_MAX * 2 + 80;
    char *text = malloc(room);
    if (!text)
        return NULL;
    used = (size_t)snprintf(text, room, "{\"keys\":[");
    for (const struct assay_keyset_entry *k = f->key; k < f->key + f->count; k++) {
        used += (size_t)snprintf(text + used, room - used, "%s\n{\"kid\":\"", k > f->key ? "," : "");
        for (const char *c = k->kid; *c; c++) {
            if (*c == '"' || *c == '\\')
                text[used++] = '\\';
            text[used++] = *c;
        }
        used += (size_t)snprintf(text + used, room - used, "\",\"alg\":\"%s\",\"purpose\":\"%s\",\"key\":\"",
                                 assay_jws_alg_name(k->alg), purposes[k->purpose]);
        used += assay_base64url_encode(k->octets, k->size, text + used);
        text[used++] = '"';
        text[used++] = '}';
    }
    used += (size_t)snprintf(text + used, room - used, "]}\n");
    *size = used;
    return text;
}

static bool write_whole(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

enum assay_rc assay_keyset_file_replace(const char *path, const struct assay_keyset_file *f,
                                        char why[ASSAY_KEYSET_WHY])
{
    char beside[4096];
    size_t size = 0;
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return refuse(why, "the path is too long");
    char *text = write_text(f, &size);
    if (!text)
        return ASSAY_NOMEM;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_whole(fd, text, size) && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && ok)
        ok = false, error = errno;
    explicit_bzero(text, size);
    free(text);
    if (ok && rename(beside, path) != 0)
        ok = false, error = errno;
    if (ok)
        return ASSAY_OK;
    unlink(beside);
    (void)refuse(why, "%s: %s", beside, strerror(error));
    return ASSAY_LIBRARY;
}
