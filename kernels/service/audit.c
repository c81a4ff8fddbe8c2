/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit log's lines and file.
 */
#include "kernels/service/audit.h"
#include "kernels/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char hex[] = "0123456789abcdef";
static const char *const operations[] = {"sign", "verify", "seal", "open"};
static const char *const results[] = {"ok", "refused", "failed"};

static char *put_text(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

/* RFC 8259 §7. Octets beyond ASCII are escaped one by one: a broken UTF-8 sequence must not break the line.
 */
static char *put_escaped(char *at, struct assay_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t octet = text.data[i];
        if (octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\') {
            *at++ = (char)octet;
            continue;
        }
        at = put_text(at, "\\u00");
        *at++ = hex[octet >> 4];
        *at++ = hex[octet & 15];
    }
    return at;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

static char *put_hex(char *at, struct assay_bytes octets)
{
    for (size_t i = 0; i < octets.size; i++) {
        *at++ = hex[octets.data[i] >> 4];
        *at++ = hex[octets.data[i] & 15];
    }
    return at;
}

static bool valid_text(struct assay_bytes text)
{
    return text.size > 0 && text.size <= ASSAY_AUDIT_TEXT_MAX;
}

size_t assay_audit_format(const struct assay_audit_record *r, char *out)
{
    if (!valid_text(r->actor) || !valid_text(r->key_id))
        return 0;
    char *at = put_number(put_text(out, "{\"time\":"), r->time_ms);
    at = put_escaped(put_text(at, ",\"actor\":\""), r->actor);
    at = put_text(put_text(at, "\",\"operation\":\""), operations[r->operation]);
    at = put_escaped(put_text(at, "\",\"key\":\""), r->key_id);
    at = put_hex(put_text(at, "\",\"digest\":\""), (struct assay_bytes){r->digest, ASSAY_AUDIT_DIGEST});
    at = put_text(put_text(at, "\",\"result\":\""), results[r->result]);
    at = put_text(at, "\"}\n");
    return (size_t)(at - out);
}

static enum assay_rc failed(struct assay_audit *log, const char *what)
{
    snprintf(log->error, sizeof log->error, "%s: %.40s: %.100s", log->path, what, strerror(errno));
    return ASSAY_LIBRARY;
}

static bool valid_id(struct assay_bytes id)
{
    return id.size > 0 && id.size <= ASSAY_AUDIT_ID_MAX;
}

static char *put_san(char *at, const char *kind, struct assay_bytes name)
{
    if (name.size == 0)
        return at;
    at = put_text(at[-1] == '[' ? at : put_text(at, ","), "\"");
    return put_text(put_escaped(put_text(at, kind), name), "\"");
}

size_t assay_audit_format_certificate(const struct assay_audit_certificate *r, char *out)
{
    if (!valid_text(r->actor) || !valid_text(r->subject) || !valid_id(r->issuer_key_id) ||
        !valid_id(r->serial) || r->uri.size > ASSAY_AUDIT_SAN_MAX || r->dns.size > ASSAY_AUDIT_SAN_MAX ||
        r->not_before < 0 || r->not_after < 0)
        return 0;
    char *at = put_number(put_text(out, "{\"time\":"), r->time_ms);
    at = put_escaped(put_text(at, ",\"actor\":\""), r->actor);
    at = put_hex(put_text(at, "\",\"operation\":\"issue\",\"key\":\""), r->issuer_key_id);
    at = put_hex(put_text(at, "\",\"serial\":\""), r->serial);
    at = put_escaped(put_text(at, "\",\"subject\":\""), r->subject);
    at = put_san(put_text(at, "\",\"sans\":["), "URI:", r->uri);
    at = put_text(put_san(at, "DNS:", r->dns), "],\"not_before\":");
    at = put_number(at, (uint64_t)r->not_before);
    at = put_number(put_text(at, ",\"not_after\":"), (uint64_t)r->not_after);
    at = put_text(put_text(put_text(at, ",\"result\":\""), results[r->result]), "\"}\n");
    return (size_t)(at - out);
}

enum assay_rc assay_audit_open(struct assay_audit *log, enum assay_audit_policy policy)
{
    const char *place = getenv("TMPDIR");
    memset(log, 0, offsetof(struct assay_audit, buffer));
    log->fd = -1;
    log->policy = policy;
    if (policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    if (!place || !place[0])
        place = "/tmp";
    if ((size_t)snprintf(log->folder, sizeof log->folder, "%s/assay-audit-XXXXXX", place) >=
        sizeof log->folder) {
        log->folder[0] = '\0';
        errno = ENAMETOOLONG;
        return failed(log, "TMPDIR");
    }
    if (!mkdtemp(log->folder)) {
        snprintf(log->path, sizeof log->path, "%s", log->folder);
        log->folder[0] = '\0';
        return failed(log, "mkdtemp");
    }
    snprintf(log->path, sizeof log->path, "%s/audit.jsonl", log->folder);
    log->fd = open(log->path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    return log->fd >= 0 ? ASSAY_OK : failed(log, "open");
}

static enum assay_rc write_out(struct assay_audit *log)
{
    size_t done = 0;
    if (log->size + log->used > ASSAY_AUDIT_FILE_MAX) {
        if (ftruncate(log->fd, 0) != 0)
            return failed(log, "ftruncate");
        log->size = 0;
    }
    while (done < log->used) {
        ssize_t n = write(log->fd, log->buffer + done, log->used - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    /* What a full disk left unwritten stays, so that the next attempt completes a line cut short. */
    enum assay_rc rc = done == log->used ? ASSAY_OK : failed(log, "write");
    log->size += done;
    log->used -= done;
    memmove(log->buffer, log->buffer + done, log->used);
    return rc;
}

enum assay_rc assay_audit_flush(struct assay_audit *log)
{
    if (log->fd < 0)
        return ASSAY_OK;
    ASSAY_TRY(write_out(log));
    if (log->policy != ASSAY_AUDIT_BUFFERED && fdatasync(log->fd) != 0)
        return failed(log, "fdatasync");
    log->pending = 0;
    return ASSAY_OK;
}

/* Room for one more line; NULL when there could be made none. */
static char *next_line(struct assay_audit *log)
{
    if (sizeof log->buffer - log->used < ASSAY_AUDIT_LINE_MAX && assay_audit_flush(log) != ASSAY_OK)
        return NULL;
    return log->buffer + log->used;
}

static enum assay_rc appended(struct assay_audit *log, size_t size)
{
    if (size == 0)
        return ASSAY_INPUT;
    log->used += size;
    log->pending++;
    if (log->policy == ASSAY_AUDIT_EACH ||
        (log->policy == ASSAY_AUDIT_BATCH && log->pending >= ASSAY_AUDIT_BATCH_SIZE))
        return assay_audit_flush(log);
    return ASSAY_OK;
}

enum assay_rc assay_audit_append(struct assay_audit *log, const struct assay_audit_record *record)
{
    if (log->policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    char *line = next_line(log);
    return line ? appended(log, assay_audit_format(record, line)) : ASSAY_LIBRARY;
}

enum assay_rc assay_audit_append_certificate(struct assay_audit *log,
                                             const struct assay_audit_certificate *record)
{
    if (log->policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    char *line = next_line(log);
    return line ? appended(log, assay_audit_format_certificate(record, line)) : ASSAY_LIBRARY;
}

enum assay_rc assay_audit_last(struct assay_audit *log, char *out, size_t *size)
{
    char tail[2 * ASSAY_AUDIT_LINE_MAX];
    *size = 0;
    if (log->fd < 0)
        return ASSAY_OK;
    off_t end = lseek(log->fd, 0, SEEK_END);
    off_t from = end > (off_t)sizeof tail ? end - (off_t)sizeof tail : 0;
    ssize_t n = end < 0 ? -1 : pread(log->fd, tail, (size_t)(end - from), from);
    if (n < 0)
        return failed(log, "read");
    if (n == 0 || tail[n - 1] != '\n')
        return ASSAY_OK;
    size_t stop = (size_t)n - 1, start = stop;
    while (start > 0 && tail[start - 1] != '\n')
        start--;
    *size = stop - start < ASSAY_AUDIT_LINE_MAX ? stop - start : 0;
    memcpy(out, tail + start, *size);
    return ASSAY_OK;
}

void assay_audit_close(struct assay_audit *log)
{
    if (!log->folder[0])
        return;
    if (log->fd >= 0) {
        close(log->fd);
        unlink(log->path);
    }
    rmdir(log->folder);
    log->folder[0] = '\0';
    log->fd = -1;
}
