/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/companion.h"

#include "companions/delay.h"
#include "companions/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_ENTRIES (1u << 20)

static const struct {
    const char *name;
    unsigned kind;
    bool options;
} known[] = {
    {"inline", ASSAY_COMPANION_KMS, false},    {"softhsm", ASSAY_COMPANION_KMS, true},
    {"delay", ASSAY_COMPANION_KMS, true},      {"memory", ASSAY_COMPANION_STORE, false},
    {"sqlite", ASSAY_COMPANION_STORE, true},   {"redis", ASSAY_COMPANION_STORE, true},
    {"postgres", ASSAY_COMPANION_STORE, true},
};

static bool is(const char *text, const char *name)
{
    size_t n = strlen(name);
    return strncmp(text, name, n) == 0 && (text[n] == '\0' || text[n] == ':');
}

bool assay_companion_begins(const char *text)
{
    size_t n = strcspn(text, ":+");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == n && strncmp(text, known[i].name, n) == 0)
            return true;
    return false;
}

static const char *option_of(const char *text)
{
    const char *colon = strchr(text, ':');
    return colon ? colon + 1 : "";
}

/* What can be told of its options before it is opened. */
static bool valid_options(const char *text, char *why, size_t why_size)
{
    struct assay_delay delay;
    char rest[ASSAY_OPTIONS_MAX], wrong[200];
    unsigned ms;
    if (is(text, "delay")) {
        if (!assay_delay_parse(option_of(text), &delay, why, why_size))
            return false;
        assay_delay_free(&delay);
    } else if (is(text, "softhsm") || is(text, "redis") || is(text, "postgres")) {
        if (!assay_option_timeout(option_of(text), &ms, rest, wrong, sizeof wrong)) {
            snprintf(why, why_size, "companion %.*s: %s", (int)strcspn(text, ":"), text, wrong);
            return false;
        }
        if (is(text, "softhsm") && rest[0]) {
            snprintf(why, why_size, "companion '%s': its one option is timeout=TIME", text);
            return false;
        }
    }
    return true;
}

unsigned assay_companion_kind(const char *text, char *why, size_t why_size)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!is(text, known[i].name))
            continue;
        if (!known[i].options && *option_of(text)) {
            snprintf(why, why_size, "companion '%s' takes no options", text);
            return 0;
        }
        return valid_options(text, why, why_size) ? known[i].kind : 0;
    }
    int n = snprintf(why, why_size, "no companion '%s'; they are", text);
    for (size_t i = 0; n > 0 && (size_t)n < why_size && i < sizeof known / sizeof *known; i++)
        n += snprintf(why + n, why_size - (size_t)n, "%s %s", i ? "," : "", known[i].name);
    return 0;
}

/* The first of those named; NULL: none. */
static const char *find(const struct assay_companions *c, unsigned kind)
{
    char why[200];
    for (size_t i = 0; i < c->count; i++)
        if (assay_companion_kind(c->text[i], why, sizeof why) == kind && !is(c->text[i], "delay"))
            return c->text[i];
    return NULL;
}

/* The program that companions with a process of their own run in. */
static bool find_host(const struct assay_companions *c, char host[PATH_MAX], char *why, size_t why_size)
{
    snprintf(host, PATH_MAX, "%s/assay-companion", c->folder ? c->folder : "");
    if (access(host, X_OK) == 0)
        return true;
    snprintf(why, why_size, "%s: %s", host, strerror(errno));
    return false;
}

static enum assay_rc open_kms(const struct assay_companions *c, const struct assay_backend *backend,
                              assay_instance *instance, struct assay_kms **out, char *why, size_t why_size)
{
    const char *text = find(c, ASSAY_COMPANION_KMS);
    char host[PATH_MAX], rest[ASSAY_OPTIONS_MAX];
    unsigned timeout_ms;
    enum assay_rc rc = ASSAY_OK;
    *out = NULL;
    if (!text || is(text, "inline")) {
        rc = assay_kms_inline(backend, instance, out);
        if (rc != ASSAY_OK)
            snprintf(why, why_size, "inline: %s",
                     rc == ASSAY_UNSUPPORTED ? "the backend has no AES-256-GCM"
                                             : backend->last_error(instance));
    } else if (!find_host(c, host, why, why_size)) {
        rc = ASSAY_UNSUPPORTED;
    } else if (!assay_option_timeout(option_of(text), &timeout_ms, rest, why, why_size)) {
        rc = ASSAY_INPUT;
    } else {
        rc = assay_kms_remote(host, "softhsm", timeout_ms, out, why, why_size);
    }
    for (size_t i = 0; rc == ASSAY_OK && i < c->count; i++) {
        struct assay_delay delay;
        if (!is(c->text[i], "delay"))
            continue;
        if (assay_delay_parse(option_of(c->text[i]), &delay, why, why_size)) {
            rc = assay_kms_delayed(&delay, out);
        } else { /* its file was there when the name was read */
            (*out)->close(*out);
            *out = NULL;
            rc = ASSAY_LIBRARY;
        }
    }
    return rc;
}

static enum assay_rc open_store(const struct assay_companions *c, struct assay_store **out, char *why,
                                size_t why_size)
{
    const char *text = find(c, ASSAY_COMPANION_STORE);
    char path[PATH_MAX], host[PATH_MAX], rest[ASSAY_OPTIONS_MAX];
    unsigned timeout_ms;
    *out = NULL;
    if (!text || is(text, "memory")) {
        *out = assay_store_memory(MEMORY_ENTRIES);
        if (!*out)
            snprintf(why, why_size, "out of memory");
        return *out ? ASSAY_OK : ASSAY_NOMEM;
    }
    snprintf(path, sizeof path, "%s/assay-companion-%.*s.so", c->folder ? c->folder : "",
             (int)strcspn(text, ":"), text);
    if (is(text, "postgres")) { /* libpq needs libssl, which must not meet the backend's */
        if (!find_host(c, host, why, why_size))
            return ASSAY_UNSUPPORTED;
        if (!assay_option_timeout(option_of(text), &timeout_ms, rest, why, why_size))
            return ASSAY_INPUT;
        return assay_store_remote(host, "postgres", timeout_ms, path, rest, out, why, why_size);
    }
    assay_store_opener *open = assay_store_load(path, why, why_size);
    return open ? open(option_of(text), out, why, why_size) : ASSAY_UNSUPPORTED;
}

bool assay_companions_concern(const struct assay_companions *c, unsigned kinds)
{
    char why[200];
    for (size_t i = 0; i < c->count; i++)
        if (kinds & assay_companion_kind(c->text[i], why, sizeof why))
            return true;
    return c->count == 0;
}

enum assay_rc assay_companions_open(struct assay_companions *c, unsigned kinds,
                                    const struct assay_backend *backend, assay_instance *instance, char *why,
                                    size_t why_size)
{
    enum assay_rc rc = ASSAY_OK;
    if ((kinds & ASSAY_COMPANION_KMS) && !c->kms)
        rc = open_kms(c, backend, instance, &c->kms, why, why_size);
    if (rc == ASSAY_OK && (kinds & ASSAY_COMPANION_STORE) && !c->store)
        rc = open_store(c, &c->store, why, why_size);
    return rc;
}

void assay_companions_close(struct assay_companions *c)
{
    if (c->kms)
        c->kms->close(c->kms);
    if (c->store)
        c->store->close(c->store);
    c->kms = NULL;
    c->store = NULL;
}
