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
    at = put_text(at, "\",\"digest\":\"");
    for (size_t i = 0; i < ASSAY_AUDIT_DIGEST; i++) {
        *at++ = hex[r->digest[i] >> 4];
        *at++ = hex[r->digest[i] & 15];
    }
    at = put_text(put_text(at, "\",\"result\":\""), results[r->result]);
    at = put_text(at, "\"}\n");
    return (size_t)(at - out);
}

static enum assay_rc failed(struct assay_audit *log, const char *what)
{
    snprintf(log->error, sizeof log->error, "%s: %.40s: %.100s", log->path, what, strerror(errno));
    return ASSAY_LIBRARY;
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

enum assay_rc assay_audit_append(struct assay_audit *log, const struct assay_audit_record *record)
{
    if (log->policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    if (sizeof log->buffer - log->used < ASSAY_AUDIT_LINE_MAX)
        ASSAY_TRY(assay_audit_flush(log));
    size_t size = assay_audit_format(record, log->buffer + log->used);
    if (size == 0)
        return ASSAY_INPUT;
    log->used += size;
    log->pending++;
    if (log->policy == ASSAY_AUDIT_EACH ||
        (log->policy == ASSAY_AUDIT_BATCH && log->pending >= ASSAY_AUDIT_BATCH_SIZE))
        return assay_audit_flush(log);
    return ASSAY_OK;
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
