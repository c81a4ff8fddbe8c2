/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit log: lines that a JSON parser reads, policies that keep what they promise, nothing left behind.
 */
#include "kernels/service/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

static struct assay_audit audit;

static struct assay_audit_record record(const char *actor, uint64_t time_ms)
{
    return (struct assay_audit_record){.time_ms = time_ms,
                                       .actor = {(const uint8_t *)actor, strlen(actor)},
                                       .key_id = {(const uint8_t *)"k1", 2},
                                       .operation = ASSAY_AUDIT_OPEN,
                                       .result = ASSAY_AUDIT_REFUSED,
                                       .digest = {0xde, 0xad}};
}

static void test_format(void **state)
{
    (void)state;
    char every[ASSAY_AUDIT_TEXT_MAX + 1], line[ASSAY_AUDIT_LINE_MAX];
    for (unsigned from = 0; from < 256; from += ASSAY_AUDIT_TEXT_MAX) { /* all octets, 64 at a time */
        for (unsigned i = 0; i < ASSAY_AUDIT_TEXT_MAX; i++)
            every[i] = (char)(from + i);
        struct assay_audit_record r = record("", 5);
        r.actor = (struct assay_bytes){(const uint8_t *)every, ASSAY_AUDIT_TEXT_MAX};
        r.key_id = r.actor;
        size_t size = assay_audit_format(&r, line);
        assert_in_range(size, 1, ASSAY_AUDIT_LINE_MAX);
        assert_int_equal(line[size - 1], '\n');
        assert_null(memchr(line, '\n', size - 1));
        json_error_t error;
        json_t *root = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (!root)
            fail_msg("%s: %.*s", error.text, (int)size, line);
        assert_int_equal(json_object_size(root), 6);
        assert_int_equal(json_integer_value(json_object_get(root, "time")), 5);
        assert_string_equal(json_string_value(json_object_get(root, "operation")), "open");
        assert_string_equal(json_string_value(json_object_get(root, "result")), "refused");
        assert_string_equal(json_string_value(json_object_get(root, "digest")), "dead000000000000");
        json_decref(root);
    }
    struct assay_audit_record r = record("", 5);
    assert_int_equal(assay_audit_format(&r, line), 0);
    r.actor = (struct assay_bytes){(const uint8_t *)line, ASSAY_AUDIT_TEXT_MAX + 1};
    assert_int_equal(assay_audit_format(&r, line), 0);
}

static void test_certificate(void **state)
{
    (void)state;
    uint8_t every[256], id[ASSAY_AUDIT_ID_MAX] = {0xab, 1};
    char line[ASSAY_AUDIT_LINE_MAX];
    for (unsigned i = 0; i < 256; i++)
        every[i] = (uint8_t)i;
    struct assay_audit_certificate r = {.time_ms = 5,
                                        .actor = {every + 192, ASSAY_AUDIT_TEXT_MAX},
                                        .subject = {every, ASSAY_AUDIT_TEXT_MAX},
                                        .issuer_key_id = {id, sizeof id},
                                        .serial = {id, 2},
                                        .uri = {every + 128, ASSAY_AUDIT_SAN_MAX},
                                        .dns = {every, ASSAY_AUDIT_SAN_MAX},
                                        .not_before = INT64_MAX,
                                        .not_after = INT64_MAX};
    size_t size = assay_audit_format_certificate(&r, line);
    assert_in_range(size, 1, ASSAY_AUDIT_LINE_MAX);
    assert_null(memchr(line, '\n', size - 1));
    json_error_t error;
    json_t *root = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    assert_non_null(root);
    assert_int_equal(json_object_size(root), 10);
    assert_string_equal(json_string_value(json_object_get(root, "serial")), "ab01");
    assert_int_equal(json_array_size(json_object_get(root, "sans")), 2);
    json_decref(root);
    const struct assay_audit_certificate right = r;
    r.dns.size = 0;
    assert_in_range(assay_audit_format_certificate(&r, line), 1, ASSAY_AUDIT_LINE_MAX);
    assert_null(memmem(line, sizeof line, "DNS:", 4));
#define REFUSED(change) (r = right, (change), assert_int_equal(assay_audit_format_certificate(&r, line), 0))
    REFUSED(r.actor.size = 0);
    REFUSED(r.subject.size++);
    REFUSED(r.uri.size++);
    REFUSED(r.serial.size = 0);
    REFUSED(r.issuer_key_id.size++);
    REFUSED(r.not_before = -1);
}

/* Lines in the file, as another process sees it. */
static unsigned lines(void)
{
    FILE *f = fopen(audit.path, "re");
    unsigned n = 0;
    assert_non_null(f);
    for (int c; (c = getc(f)) != EOF;)
        n += c == '\n';
    fclose(f);
    return n;
}

static void append(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const struct assay_audit_record r = record("actor", i);
        assert_int_equal(assay_audit_append(&audit, &r), ASSAY_OK);
    }
}

static void test_policies(void **state)
{
    (void)state;
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_EACH), ASSAY_OK);
    append(3);
    assert_int_equal(lines(), 3);
    assay_audit_close(&audit);
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_BATCH), ASSAY_OK);
    append(ASSAY_AUDIT_BATCH_SIZE - 1);
    assert_int_equal(lines(), 0);
    append(1);
    assert_int_equal(lines(), ASSAY_AUDIT_BATCH_SIZE);
    append(1);
    assert_int_equal(lines(), ASSAY_AUDIT_BATCH_SIZE);
    assay_audit_close(&audit);
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_BUFFERED), ASSAY_OK);
    append(ASSAY_AUDIT_BATCH_SIZE);
    assert_int_equal(lines(), 0);
    append(2000); /* more than a buffer */
    assert_true(lines() > 0 && lines() < ASSAY_AUDIT_BATCH_SIZE + 2000);
    assert_int_equal(assay_audit_flush(&audit), ASSAY_OK);
    assert_int_equal(lines(), ASSAY_AUDIT_BATCH_SIZE + 2000);
    assay_audit_close(&audit);
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_NONE), ASSAY_OK);
    append(3);
    assert_int_equal(audit.folder[0], '\0');
    assay_audit_close(&audit);
}

static void test_last(void **state)
{
    (void)state;
    char line[ASSAY_AUDIT_LINE_MAX], want[ASSAY_AUDIT_LINE_MAX];
    size_t size;
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_EACH), ASSAY_OK);
    assert_int_equal(assay_audit_last(&audit, line, &size), ASSAY_OK);
    assert_int_equal(size, 0);
    append(120); /* more than is read at the end */
    const struct assay_audit_record r = record("actor", 119);
    size_t want_size = assay_audit_format(&r, want);
    assert_int_equal(assay_audit_last(&audit, line, &size), ASSAY_OK);
    assert_int_equal(size, want_size - 1);
    assert_memory_equal(line, want, size);
    assay_audit_close(&audit);
}

static void test_private_and_removed(void **state)
{
    (void)state;
    struct stat st;
    char path[sizeof audit.path], folder[sizeof audit.folder];
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_EACH), ASSAY_OK);
    append(1);
    memcpy(path, audit.path, sizeof path);
    memcpy(folder, audit.folder, sizeof folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assay_audit_close(&audit);
    assay_audit_close(&audit);
    assert_int_equal(stat(folder, &st), -1);
    assert_int_equal(errno, ENOENT);
}

/* A record that cannot be written is a failure of the operation, with a reason. */
static void test_failure(void **state)
{
    (void)state;
    const struct assay_audit_record r = record("actor", 1);
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_EACH), ASSAY_LIBRARY);
    assert_non_null(strstr(audit.error, "/nonexistent"));
    assay_audit_close(&audit);
    assert_int_equal(unsetenv("TMPDIR"), 0);
    assert_int_equal(assay_audit_open(&audit, ASSAY_AUDIT_EACH), ASSAY_OK);
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    assert_true(full >= 0);
    assert_true(dup2(full, audit.fd) >= 0);
    close(full);
    assert_int_equal(assay_audit_append(&audit, &r), ASSAY_LIBRARY);
    assert_non_null(strstr(audit.error, strerror(ENOSPC)));
    assay_audit_close(&audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),  cmocka_unit_test(test_policies),
        cmocka_unit_test(test_last),    cmocka_unit_test(test_private_and_removed),
        cmocka_unit_test(test_failure), cmocka_unit_test(test_certificate),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
