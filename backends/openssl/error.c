/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL's error queue is a thread's; so is the text kept here of its last failure.
 */
#include "backends/openssl/openssl.h"

#include <openssl/err.h>
#include <stdio.h>

static _Thread_local char text[320];

/* The text may hold a file's name or an attacker's bytes: it must stay one printable line. */
static void make_printable(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
            *s = '?';
}

/* Takes the oldest entry off the queue and keeps its text; its code, 0 where there is none. */
static unsigned long take_cause(const char *what)
{
    const char *data = NULL;
    int flags = 0;
    unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
    if (code == 0) {
        snprintf(text, sizeof text, "%s failed", what);
        return 0;
    }
    char reason[160];
    ERR_error_string_n(code, reason, sizeof reason);
    bool told = data && (flags & ERR_TXT_STRING) && *data;
    snprintf(text, sizeof text, "%s: %s%s%s%s", what, reason, told ? " (" : "", told ? data : "",
             told ? ")" : "");
    make_printable(text);
    return code;
}

enum assay_rc ossl_fail(const char *what)
{
    take_cause(what);
    ERR_clear_error();
    return ASSAY_LIBRARY;
}

enum assay_rc ossl_judge(const char *what, bool (*is_verdict)(unsigned long code))
{
    enum assay_rc rc = ASSAY_LIBRARY;
    for (unsigned long code = take_cause(what); code != 0; code = ERR_get_error())
        if (is_verdict(code))
            rc = ASSAY_AUTH;
    return rc;
}

enum assay_rc ossl_refuse(enum assay_rc rc, const char *why)
{
    snprintf(text, sizeof text, "%s", why);
    make_printable(text);
    ERR_clear_error();
    return rc;
}

enum assay_rc ossl_verdict(void)
{
    ERR_clear_error();
    return ASSAY_AUTH;
}

const char *ossl_error_text(void)
{
    return text[0] ? text : "no failure in this thread";
}
