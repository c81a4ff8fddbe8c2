/* SPDX-License-Identifier: Apache-2.0
 *
 * A KMS in a process of its own.
 */
#include "companions/remote.h"

#include <stdio.h>
#include <stdlib.h>

static enum assay_rc remote_wrap(struct assay_kms *kms, uint8_t *out, struct assay_bytes dek,
                                 struct assay_bytes aad)
{
    size_t size;
    if (dek.size < 16 || dek.size > ASSAY_KMS_DEK_MAX)
        return ASSAY_INPUT;
    enum assay_rc rc =
        assay_remote_call(kms->state, ASSAY_FRAME_WRAP, aad, dek, out, dek.size + ASSAY_KMS_OVERHEAD, &size);
    return rc == ASSAY_OK && size != dek.size + ASSAY_KMS_OVERHEAD ? ASSAY_LIBRARY : rc;
}

static enum assay_rc remote_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                   struct assay_bytes aad)
{
    size_t size;
    if (wrapped.size < 16 + ASSAY_KMS_OVERHEAD || wrapped.size > ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD)
        return ASSAY_INPUT;
    enum assay_rc rc = assay_remote_call(kms->state, ASSAY_FRAME_UNWRAP, aad, wrapped, dek,
                                         wrapped.size - ASSAY_KMS_OVERHEAD, &size);
    return rc == ASSAY_OK && size != wrapped.size - ASSAY_KMS_OVERHEAD ? ASSAY_LIBRARY : rc;
}

static enum assay_rc remote_sign(struct assay_kms *kms, uint8_t *sig, size_t *sig_size,
                                 struct assay_bytes message)
{
    return assay_remote_call(kms->state, ASSAY_FRAME_SIGN, (struct assay_bytes){NULL, 0}, message, sig,
                             ASSAY_SIG_MAX, sig_size);
}

static enum assay_rc remote_public(struct assay_kms *kms, uint8_t point[65])
{
    const struct assay_bytes none = {NULL, 0};
    size_t size;
    enum assay_rc rc = assay_remote_call(kms->state, ASSAY_FRAME_PUBLIC, none, none, point, 65, &size);
    return rc == ASSAY_OK && size != 65 ? ASSAY_LIBRARY : rc;
}

static enum assay_rc remote_ping(struct assay_kms *kms)
{
    const struct assay_bytes none = {NULL, 0};
    uint8_t nothing[1];
    size_t size;
    return assay_remote_call(kms->state, ASSAY_FRAME_PING, none, none, nothing, 0, &size);
}

static const char *remote_error(struct assay_kms *kms)
{
    return assay_remote_error(kms->state);
}

static void remote_close(struct assay_kms *kms)
{
    assay_remote_end(kms->state);
    free(kms);
}

bool assay_kms_hang(struct assay_kms *kms, bool hangs)
{
    if (kms->close != remote_close)
        return false;
    assay_remote_hang(kms->state, hangs);
    return true;
}

bool assay_kms_hang_up(struct assay_kms *kms)
{
    if (kms->close != remote_close)
        return false;
    assay_remote_hang_up(kms->state);
    return true;
}

static enum assay_rc new_kms(const char *name, enum assay_rc rc, struct assay_remote *remote,
                             struct assay_kms **out, char *why, size_t why_size)
{
    *out = rc == ASSAY_OK ? calloc(1, sizeof **out) : NULL;
    if (*out) {
        **out = (struct assay_kms){name,          remote,      remote_wrap,  remote_unwrap, remote_sign,
                                   remote_public, remote_ping, remote_error, remote_close};
    } else if (rc == ASSAY_OK) {
        assay_remote_end(remote);
        snprintf(why, why_size, "out of memory");
        rc = ASSAY_NOMEM;
    }
    return rc;
}

enum assay_rc assay_kms_remote(const char *host, const char *name, unsigned timeout_ms,
                               struct assay_kms **out, char *why, size_t why_size)
{
    const char *const argv[] = {host, name, NULL};
    struct assay_remote *remote;
    enum assay_rc rc = assay_remote_start(argv, name, timeout_ms, &remote, why, why_size);
    return new_kms(name, rc, remote, out, why, why_size);
}

enum assay_rc assay_kms_apart(struct assay_kms *inner, unsigned timeout_ms, struct assay_kms **out, char *why,
                              size_t why_size)
{
    struct assay_guest guest = {.kms = inner};
    struct assay_remote *remote;
    enum assay_rc rc = assay_remote_fork(&guest, inner->name, timeout_ms, &remote, why, why_size);
    return new_kms(inner->name, rc, remote, out, why, why_size);
}
