/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/keyset_file.h"
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"
#include "kernels/service/json.h"

#include <errno.h>
#include <fcntl.h>
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

static bool read_kid(struct assay_keyset_entry *k, const struct assay_json *value)
{
    size_t size;
    bool ok =
        assay_json_copy(value, k->kid, sizeof k->kid - 1, &size) && size > 0 && is_printable(k->kid, size);
    if (!ok)
        memset(k->kid, 0, sizeof k->kid);
    return ok;
}

static bool is_text(const struct assay_json *value, const char *text)
{
    return assay_json_is(value, (struct assay_bytes){(const uint8_t *)text, strlen(text)});
}

static bool read_alg(struct assay_keyset_entry *k, const struct assay_json *value)
{
    for (k->alg = ASSAY_EDDSA; assay_jws_alg_name(k->alg); k->alg++)
        if (is_text(value, assay_jws_alg_name(k->alg)))
            return true;
    return false;
}

static bool read_purpose(struct assay_keyset_entry *k, const struct assay_json *value)
{
    for (k->purpose = ASSAY_KEY_SIGNS; k->purpose <= ASSAY_KEY_VERIFIES; k->purpose++)
        if (is_text(value, purposes[k->purpose]))
            return true;
    return false;
}

/* Read where they lie: no copy of a secret is left behind. base64url has no escapes. */
static bool read_octets(struct assay_keyset_entry *k, const struct assay_json *value)
{
    return value->type == ASSAY_JSON_STRING && !value->escaped &&
           assay_base64url_decode((const char *)value->start, value->size, k->octets, sizeof k->octets,
                                  &k->size);
}

static const struct {
    const char *name, *wanted;
    bool (*read)(struct assay_keyset_entry *, const struct assay_json *);
} fields[] = {
    {"kid", "1 to 64 printable characters", read_kid},
    {"alg", "EdDSA, ES256, RS256 or HS256", read_alg},
    {"purpose", "sign or verify", read_purpose},
    {"key", "base64url without padding", read_octets},
};

static enum assay_rc parse_key(struct assay_keyset_entry *k, size_t index, const struct assay_json *object,
                               char why[ASSAY_KEYSET_WHY])
{
    char name[ASSAY_KID_MAX + 16];
    struct assay_json_member m[ASSAY_COUNT(fields)];
    size_t total;
    for (size_t i = 0; i < ASSAY_COUNT(fields); i++)
        m[i].name = fields[i].name;
    if (object->type != ASSAY_JSON_OBJECT ||
        !assay_json_object(object->start, object->size, m, ASSAY_COUNT(m), &total))
        return refuse(why, "key number %zu is not an object", index + 1);
    for (size_t i = 0; i < ASSAY_COUNT(fields); i++) {
        if (m[i].value.type == ASSAY_JSON_ABSENT)
            return refuse(why, "%s has no field '%s'", label(k, index, name), fields[i].name);
        if (!fields[i].read(k, &m[i].value))
            return refuse(why, "%s: field '%s' is not %s", label(k, index, name), fields[i].name,
                          fields[i].wanted);
    }
    if (total != ASSAY_COUNT(fields))
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

static enum assay_rc parse_keys(struct assay_keyset_file *out, const struct assay_json *keys,
                                char why[ASSAY_KEYSET_WHY])
{
    struct assay_json one;
    for (size_t at = 0; assay_json_element(keys, &at, &one);) {
        if (out->count == ASSAY_KEYSET_KEYS)
            return refuse(why, "field 'keys' has more than %u keys", ASSAY_KEYSET_KEYS);
        ASSAY_TRY(parse_key(&out->key[out->count], out->count, &one, why));
        out->count++;
        ASSAY_TRY(refuse_twice(out, why));
    }
    return out->count > 0 ? ASSAY_OK : refuse(why, "field 'keys' is no array of keys");
}

enum assay_rc assay_keyset_file_parse(struct assay_keyset_file *out, const char *text, size_t size,
                                      char why[ASSAY_KEYSET_WHY])
{
    struct assay_json_member keys = {.name = "keys"};
    size_t total;
    enum assay_rc rc;
    explicit_bzero(out, sizeof *out);
    if (size > ASSAY_KEYSET_FILE_MAX)
        rc = refuse(why, "more than %u octets", ASSAY_KEYSET_FILE_MAX);
    else if (!assay_json_object(text, size, &keys, 1, &total))
        rc = refuse(why, "no JSON object, or a name twice in one");
    else if (total != 1 || keys.value.type == ASSAY_JSON_ABSENT)
        rc = refuse(why, "not an object with the one field 'keys'");
    else
        rc = parse_keys(out, &keys.value, why);
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
