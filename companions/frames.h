/* SPDX-License-Identifier: Apache-2.0
 *
 * What a remote companion and its host say to each other over a stream socket: a question is 4 bytes of
 * length (little-endian, of what follows), one of the verb, 2 of the size of a name (a KMS's aad, a store's
 * key), the name, and the input; an answer is 4 bytes of length, one of enum assay_rc, and the output (after
 * an error: its text).
 */
#ifndef ASSAY_FRAMES_H
#define ASSAY_FRAMES_H

#include "companions/kms.h"

#define ASSAY_FRAME_MAX      8192u
#define ASSAY_FRAME_SESSIONS 4 /* socket pairs, the host's ends at descriptor 3 and up */

enum assay_frame_verb {
    ASSAY_FRAME_PING = 1,
    ASSAY_FRAME_WRAP,
    ASSAY_FRAME_UNWRAP,
    ASSAY_FRAME_SIGN,
    ASSAY_FRAME_PUBLIC,
    ASSAY_FRAME_PUT,           /* input: 8 bytes of ttl_ms in the machine's order, value; output: one byte */
    ASSAY_FRAME_PUT_IF_ABSENT, /* the same; output: was it stored? */
    ASSAY_FRAME_GET,           /* output: was it found? and the value */
    ASSAY_FRAME_DEL,           /* output: was it found? */
};

/* bytes has room for ASSAY_FRAME_MAX; with its length and without. false: the other end is gone, or lied. */
bool assay_frame_send(int fd, const uint8_t *bytes, size_t size);
bool assay_frame_receive(int fd, uint8_t *bytes, size_t *size);

#endif
