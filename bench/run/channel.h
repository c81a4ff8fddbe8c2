/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON lines between the coordinator and a worker: one object a line, both ways, over a private descriptor.
 * The coordinator sends {"cmd": …}; the worker answers each with one {"ok": …}.
 */
#ifndef ASSAY_CHANNEL_H
#define ASSAY_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line that is read: a hexadecimal artifact of a 1 MiB message fits many times. */
#define ASSAY_LINE_MAX (16u << 20)

struct assay_channel {
    int fd;
    char *buffer;
    size_t used, room;
};

enum assay_receive {
    ASSAY_RECEIVED,
    ASSAY_RECEIVE_END,      /* the other side is gone */
    ASSAY_RECEIVE_DEADLINE, /* nothing came in time */
    ASSAY_RECEIVE_RUBBISH,  /* what came is no JSON object, or has no end */
};

void assay_channel_init(struct assay_channel *channel, int fd);
void assay_channel_free(struct assay_channel *channel); /* closes the descriptor */
/* Takes the reference; false when the other side is gone, or (errno EAGAIN) reads nothing for as long as the
 * socket's SO_SNDTIMEO says. */
bool assay_channel_send(struct assay_channel *channel, json_t *message);
/* timeout_ms < 0: no deadline. On ASSAY_RECEIVED *message is a new reference to an object. */
enum assay_receive assay_channel_receive(struct assay_channel *channel, int timeout_ms, json_t **message);

/* Text from a library, which may be no UTF-8: then every octet beyond ASCII becomes a question mark. */
json_t *assay_json_text(const char *text);

/* Octets as hexadecimal text in messages. */
json_t *assay_json_hex(const uint8_t *data, size_t size);
/* NULL when it is not hexadecimal text; else freed by the caller. */
uint8_t *assay_json_unhex(const json_t *text, size_t *size);

#endif
