/* SPDX-License-Identifier: Apache-2.0
 *
 * base64url (RFC 4648 §5) without padding, as JOSE (RFC 7515 §2) and cookies use it. One encoding an octet
 * string: what encode() would not write, decode() refuses, so that no second spelling of a token passes.
 * Neither is constant-time: use them for what travels, not for keys.
 */
#ifndef ASSAY_SERVICE_BASE64URL_H
#define ASSAY_SERVICE_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What n octets need; no NUL. */
#define ASSAY_BASE64URL_SIZE(n) (((size_t)(n)*4 + 2) / 3)

/* false: a character outside the alphabet (padding and line ends included), an impossible length, bits set
 * that are not used, or no room. *size: octets written, 0 when refused. */
bool assay_base64url_decode(const char *in, size_t in_size, uint8_t *out, size_t room, size_t *size);
/* out holds ASSAY_BASE64URL_SIZE(size) characters; returns how many were written. No NUL is added. */
size_t assay_base64url_encode(const uint8_t *in, size_t size, char *out);

#endif
