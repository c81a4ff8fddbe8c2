/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/guest.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct session {
    struct assay_guest *guest;
    int fd;
};

static enum assay_rc ask_kms(struct assay_kms *kms, enum assay_frame_verb verb, struct assay_bytes aad,
                             struct assay_bytes in, uint8_t *out, size_t *size)
{
    switch (verb) {
    case ASSAY_FRAME_WRAP:
        *size = in.size + ASSAY_KMS_OVERHEAD;
        return in.size < 16 || in.size > ASSAY_KMS_DEK_MAX ? ASSAY_INPUT : kms->wrap(kms, out, in, aad);
    case ASSAY_FRAME_UNWRAP:
        if (in.size < 16 + ASSAY_KMS_OVERHEAD || in.size > ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD)
            return ASSAY_INPUT;
        *size = in.size - ASSAY_KMS_OVERHEAD;
        return kms->unwrap(kms, out, in, aad);
    case ASSAY_FRAME_SIGN:
        return kms->sign(kms, out, size, in);
    case ASSAY_FRAME_PUBLIC:
        *size = 65;
        return kms->public_key(kms, out);
    default:
        return ASSAY_INPUT;
    }
}

static enum assay_rc ask_store(struct assay_store *store, enum assay_frame_verb verb, struct assay_bytes key,
                               struct assay_bytes in, uint8_t *out, size_t *size)
{
    uint64_t ttl_ms = 0;
    bool yes = false;
    size_t value_size = 0;
    enum assay_rc rc = ASSAY_INPUT;
    if (verb == ASSAY_FRAME_PUT || verb == ASSAY_FRAME_PUT_IF_ABSENT) {
        if (in.size < sizeof ttl_ms)
            return ASSAY_INPUT;
        memcpy(&ttl_ms, in.data, sizeof ttl_ms);
        in = (struct assay_bytes){in.data + sizeof ttl_ms, in.size - sizeof ttl_ms};
    }
    switch (verb) {
    case ASSAY_FRAME_PUT:
        yes = true;
        rc = store->put(store, key, in, ttl_ms);
        break;
    case ASSAY_FRAME_PUT_IF_ABSENT:
        rc = store->put_if_absent(store, key, in, ttl_ms, &yes);
        break;
    case ASSAY_FRAME_GET:
        rc = store->get(store, key, out + 1, &value_size, &yes);
        break;
    case ASSAY_FRAME_DEL:
        rc = store->del(store, key, &yes);
        break;
    default:
        break;
    }
    out[0] = yes;
    *size = 1 + value_size;
    return rc;
}

static size_t answer(struct assay_guest *g, const uint8_t *question, size_t size, uint8_t *out)
{
    size_t name_size = size < 3 ? 0 : (size_t)question[1] | (size_t)question[2] << 8, n = 0;
    enum assay_rc rc = size < 3 || size - 3 < name_size ? ASSAY_INPUT : ASSAY_OK;
    const char *why = g->why;
    if (rc == ASSAY_OK && !g->kms && !g->store)
        rc = ASSAY_UNSUPPORTED;
    if (rc == ASSAY_OK && question[0] != ASSAY_FRAME_PING) {
        const enum assay_frame_verb verb = (enum assay_frame_verb)question[0];
        const struct assay_bytes name = {question + 3, name_size},
                                 in = {name.data + name_size, size - 3 - name_size};
        rc = g->kms ? ask_kms(g->kms, verb, name, in, out + 1, &n)
                    : ask_store(g->store, verb, name, in, out + 1, &n);
    }
    out[0] = (uint8_t)rc;
    if (rc == ASSAY_OK)
        return 1 + n;
    if (g->kms || g->store)
        why = g->kms ? g->kms->last_error(g->kms) : g->store->last_error(g->store);
    return 1 + (size_t)snprintf((char *)out + 1, 200, "%.199s", why);
}

static void *serve(void *data)
{
    struct session *s = data;
    uint8_t question[ASSAY_FRAME_MAX], out[ASSAY_FRAME_MAX];
    ssize_t size;
    do
        size = assay_frame_receive(s->fd, 0, question); /* -1: a signal */
    while (size < 0 ||
           (size > 0 && assay_frame_send(s->fd, out, answer(s->guest, question, (size_t)size, out))));
    explicit_bzero(question, sizeof question);
    explicit_bzero(out, sizeof out);
    return NULL;
}

bool assay_guest_serve(struct assay_guest *guest, const int fd[ASSAY_FRAME_SESSIONS])
{
    struct session session[ASSAY_FRAME_SESSIONS];
    pthread_t thread[ASSAY_FRAME_SESSIONS];
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++) {
        session[i] = (struct session){guest, fd[i]};
        if (pthread_create(&thread[i], NULL, serve, &session[i]) != 0)
            return false; /* and the process ends */
    }
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++)
        pthread_join(thread[i], NULL);
    return true;
}
