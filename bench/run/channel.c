/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON lines over a socket, with deadlines.
 */
#include "bench/run/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void assay_channel_init(struct assay_channel *channel, int fd)
{
    *channel = (struct assay_channel){.fd = fd};
}

void assay_channel_free(struct assay_channel *channel)
{
    if (channel->fd >= 0)
        close(channel->fd);
    free(channel->buffer);
    assay_channel_init(channel, -1);
}

bool assay_channel_send(struct assay_channel *channel, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (!text)
        return false;
    size_t size = strlen(text), sent = 0;
    text[size++] = '\n'; /* in place of the NUL */
    while (sent < size) {
        ssize_t n = send(channel->fd, text + sent, size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    free(text);
    return sent == size;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool grow(struct assay_channel *channel)
{
    if (channel->used < channel->room)
        return true;
    if (channel->room >= ASSAY_LINE_MAX)
        return false;
    size_t room = channel->room ? channel->room * 2 : 4096;
    char *buffer = realloc(channel->buffer, room);
    if (!buffer)
        return false;
    channel->buffer = buffer;
    channel->room = room;
    return true;
}

static enum assay_receive fill(struct assay_channel *channel, int timeout_ms, int64_t end)
{
    if (timeout_ms >= 0) {
        int64_t left = end - now_ms();
        struct pollfd p = {.fd = channel->fd, .events = POLLIN};
        int ready = poll(&p, 1, left > 0 ? (int)left : 0);
        if (ready == 0)
            return ASSAY_RECEIVE_DEADLINE;
        if (ready < 0)
            return errno == EINTR ? ASSAY_RECEIVED : ASSAY_RECEIVE_END;
    }
    if (!grow(channel))
        return ASSAY_RECEIVE_RUBBISH;
    ssize_t n = read(channel->fd, channel->buffer + channel->used, channel->room - channel->used);
    if (n < 0 && errno == EINTR)
        return ASSAY_RECEIVED;
    if (n <= 0)
        return ASSAY_RECEIVE_END;
    channel->used += (size_t)n;
    return ASSAY_RECEIVED;
}

enum assay_receive assay_channel_receive(struct assay_channel *channel, int timeout_ms, json_t **message)
{
    int64_t end = now_ms() + timeout_ms;
    size_t seen = 0;
    char *newline;
    *message = NULL;
    while (!(newline =
                 channel->used > seen ? memchr(channel->buffer + seen, '\n', channel->used - seen) : NULL)) {
        seen = channel->used;
        enum assay_receive rc = fill(channel, timeout_ms, end);
        if (rc != ASSAY_RECEIVED)
            return rc;
    }
    size_t line = (size_t)(newline - channel->buffer);
    *message = json_loadb(channel->buffer, line, 0, NULL);
    channel->used -= line + 1;
    memmove(channel->buffer, newline + 1, channel->used);
    if (!json_is_object(*message)) {
        json_decref(*message);
        *message = NULL;
        return ASSAY_RECEIVE_RUBBISH;
    }
    return ASSAY_RECEIVED;
}

json_t *assay_json_text(const char *text)
{
    json_t *json = json_string(text);
    char *ascii = json ? NULL : strdup(text);
    if (!ascii)
        return json;
    for (char *c = ascii; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    json = json_string(ascii);
    free(ascii);
    return json;
}

json_t *assay_json_hex(const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * size + 1);
    if (!text)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    json_t *json = json_stringn(text, 2 * size);
    free(text);
    return json;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

uint8_t *assay_json_unhex(const json_t *json, size_t *size)
{
    const char *text = json_string_value(json);
    size_t n = json_string_length(json);
    uint8_t *out = text && n % 2 == 0 ? malloc(n / 2 + 1) : NULL;
    if (!out)
        return NULL;
    for (size_t i = 0; i < n / 2; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            free(out);
            return NULL;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *size = n / 2;
    return out;
}
