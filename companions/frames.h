/* SPDX-License-Identifier: Apache-2.0
 *
 * What a remote companion and its host say to each other over a socket pair of type SOCK_SEQPACKET: a message
 * comes whole or not at all, so that a deadline cuts none in two. A question is one byte of the verb, 2 of
 * the size of a name (a KMS's aad, a store's key; little-endian), the name, and the input; an answer is one
 * byte of enum assay_rc and the output (after an error: its text). One answer for each question, in their
 * order.
 */
#ifndef ASSAY_FRAMES_H
#define ASSAY_FRAMES_H

#include "companions/kms.h"

#include <sys/types.h>

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

/* false: the other end is gone. */
bool assay_frame_send(int fd, const uint8_t *bytes, size_t size);
/* bytes has room for ASSAY_FRAME_MAX; flags of recv(2). The message's size; 0: the other end is gone, or
 * lied; -1: none came, errno is EAGAIN (in the socket's time) or EINTR. */
ssize_t assay_frame_receive(int fd, int flags, uint8_t *bytes);

#endif
