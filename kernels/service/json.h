/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON object (RFC 8259) read where it lies: nothing is allocated and nothing copied, which is what a
 * verifier of tokens wants. Strict: UTF-8, no name twice in any object, no NUL in a string, no number that
 * neither an int64_t nor a double holds, 2048 levels at most, nothing behind the object. jansson with
 * JSON_REJECT_DUPLICATES, in whose place it stands, is of the same opinion, but for a NUL octet behind a
 * number, which it overlooks (tests/unit/json.c).
 */
#ifndef ASSAY_JSON_H
#define ASSAY_JSON_H

#include "backends/backend.h"

enum assay_json_type {
    ASSAY_JSON_ABSENT = 0,
    ASSAY_JSON_STRING,
    ASSAY_JSON_INTEGER,
    ASSAY_JSON_REAL,
    ASSAY_JSON_OTHER, /* true, false, null */
    ASSAY_JSON_ARRAY,
    ASSAY_JSON_OBJECT,
};

struct assay_json {
    enum assay_json_type type;
    bool escaped;         /* a string with backslashes */
    const uint8_t *start; /* of the text; without the quotes of a string, with the brackets of the others */
    size_t size;
    int64_t integer;
};

struct assay_json_member {
    const char *name;
    struct assay_json value;
};

/* Reads the object that the text is, and finds the members that are named. *total: how many it has in all.
 * false: it is not one object, whole and strict. Among objects with more than 1536 names in reach, or names
 * with more than 3072 escaped octets, right ones are refused too; a token is too short for that. */
bool assay_json_object(const void *text, size_t size, struct assay_json_member *members, size_t count,
                       size_t *total) ASSAY_MUST_CHECK;

/* The elements of an array that assay_json_object() has found: *at is 0 at first; false: there are no more.
 */
bool assay_json_element(const struct assay_json *array, size_t *at, struct assay_json *element);

/* Is it this string? */
bool assay_json_is(const struct assay_json *, struct assay_bytes text);
/* What a string says, without escapes. false: no string, or no room. */
bool assay_json_copy(const struct assay_json *, void *out, size_t room, size_t *size);

#endif
