/* SPDX-License-Identifier: Apache-2.0
 *
 * The detectors: each looks at one place and says what begins there.
 */
#ifndef ASSAY_SCAN_DETECT_H
#define ASSAY_SCAN_DETECT_H

#include "bench/scan/scan.h"

#define ASSAY_SCAN_BEHIND 64              /* octets before a place that a detector may look at */
#define ASSAY_SCAN_AHEAD  ((size_t)65536) /* and behind it: what is longer is cut off there */

struct assay_scan_place {
    const uint8_t *at;
    size_t size, behind; /* there are so many octets from at, and before it */
    uint8_t *scratch;    /* to decode into */
    size_t room;         /* of it */
};

struct assay_scan_match {
    const char *kind;
    size_t length; /* nothing else begins within these octets */
    uint8_t digest[ASSAY_SCAN_DIGEST];
};

typedef bool assay_scan_detector(const struct assay_scan_place *place, struct assay_scan_match *match);
assay_scan_detector assay_scan_pem, assay_scan_openssh, assay_scan_der, assay_scan_base64, assay_scan_hex,
    assay_scan_token, assay_scan_jwt;

/* What begins at a place, by its first octet; false when nothing does. */
bool assay_scan_at(const struct assay_scan_place *place, struct assay_scan_match *match);

/* Binary forms of private keys: the kind and the length of the one that these octets begin with, or NULL. */
const char *assay_scan_der_kind(const uint8_t *data, size_t size, size_t *length);
bool assay_scan_openssh_length(const uint8_t *data, size_t size, size_t *length);

void assay_scan_digest(const uint8_t *data, size_t size, uint8_t digest[ASSAY_SCAN_DIGEST]);
/* Value of a digit, or -1: base64 in both alphabets, or hexadecimal. */
int assay_scan_base64_value(uint8_t c);
int assay_scan_hex_value(uint8_t c);
bool assay_scan_alnum(uint8_t c);

/* Text that goes over several lines, quoted or not, escaped or not, is decoded up to the first octet that
 * belongs to neither. Returns how many octets were decoded; *end is where it stopped. */
size_t assay_scan_decode(const uint8_t *text, size_t size, bool hex, uint8_t *out, size_t room, size_t *end);

#endif
