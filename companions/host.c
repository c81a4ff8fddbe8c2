/* SPDX-License-Identifier: Apache-2.0
 *
 * assay-companion NAME: a KMS in a process of its own, for remote.c, which starts it and speaks frames.h over
 * descriptors 3 and up, each a session with a thread. It ends when they are closed.
 *
 *   softhsm   SoftHSM2, with its tokens in a folder of its own that goes with the process
 */
#include "companions/frames.h"
#include "companions/pkcs11.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const libraries[] = {"libsofthsm2.so", "/usr/lib/softhsm/libsofthsm2.so",
                                        "/usr/local/lib/softhsm/libsofthsm2.so"};

struct session {
    struct assay_kms *kms; /* NULL: it could not be had, and why */
    const char *why;
    int fd;
};

static size_t answer(struct session *s, const uint8_t *question, size_t size, uint8_t *out)
{
    size_t aad_size = size < 3 ? 0 : (size_t)question[1] | (size_t)question[2] << 8, n = 0;
    enum assay_rc rc = size < 3 || size - 3 < aad_size ? ASSAY_INPUT : ASSAY_OK;
    if (rc == ASSAY_OK && !s->kms)
        rc = ASSAY_UNSUPPORTED;
    if (rc == ASSAY_OK) {
        struct assay_bytes aad = {question + 3, aad_size}, in = {aad.data + aad_size, size - 3 - aad_size};
        switch ((enum assay_frame_verb)question[0]) {
        case ASSAY_FRAME_PING:
            break;
        case ASSAY_FRAME_WRAP:
            rc = in.size < 16 || in.size > ASSAY_KMS_DEK_MAX ? ASSAY_INPUT
                                                             : s->kms->wrap(s->kms, out + 1, in, aad);
            n = in.size + ASSAY_KMS_OVERHEAD;
            break;
        case ASSAY_FRAME_UNWRAP:
            rc = in.size < 16 + ASSAY_KMS_OVERHEAD || in.size > ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD
                     ? ASSAY_INPUT
                     : s->kms->unwrap(s->kms, out + 1, in, aad);
            n = in.size - ASSAY_KMS_OVERHEAD;
            break;
        case ASSAY_FRAME_SIGN:
            rc = s->kms->sign(s->kms, out + 1, &n, in);
            break;
        case ASSAY_FRAME_PUBLIC:
            rc = s->kms->public_key(s->kms, out + 1);
            n = 65;
            break;
        default:
            rc = ASSAY_INPUT;
        }
    }
    out[0] = (uint8_t)rc;
    if (rc == ASSAY_OK)
        return 1 + n;
    return 1 + (size_t)snprintf((char *)out + 1, 200, "%s", s->kms ? s->kms->last_error(s->kms) : s->why);
}

static void *serve(void *data)
{
    struct session *s = data;
    uint8_t question[ASSAY_FRAME_MAX], out[ASSAY_FRAME_MAX];
    size_t size;
    while (assay_frame_receive(s->fd, question, &size) &&
           assay_frame_send(s->fd, out, answer(s, question, size, out)))
        ;
    explicit_bzero(question, sizeof question);
    explicit_bzero(out, sizeof out);
    return NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

/* A folder for the tokens, and the file that names it. */
static bool make_folder(char *folder, size_t size, char *why, size_t why_size)
{
    const char *tmp = getenv("TMPDIR");
    char path[4200];
    snprintf(folder, size, "%s/assay-softhsm-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        folder[0] = '\0';
        snprintf(why, why_size, "no folder for tokens can be made in %s", tmp && *tmp ? tmp : "/tmp");
        return false;
    }
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    FILE *f = fopen(path, "we");
    bool ok = f && fprintf(f, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
                           folder) > 0;
    if (f && fclose(f) != 0)
        ok = false;
    if (!ok || setenv("SOFTHSM2_CONF", path, 1) != 0)
        snprintf(why, why_size, "the token's configuration cannot be written");
    return ok;
}

static struct assay_kms *open_softhsm(char *folder, size_t size, char *why, size_t why_size)
{
    struct assay_kms *kms = NULL;
    if (!make_folder(folder, size, why, why_size))
        return NULL;
    for (size_t i = 0; !kms && i < sizeof libraries / sizeof *libraries; i++)
        if (strchr(libraries[i], '/') == NULL || access(libraries[i], R_OK) == 0)
            kms = assay_kms_pkcs11(libraries[i], why, why_size);
    return kms;
}

int main(int argc, char **argv)
{
    char folder[4096] = "", why[200] = "";
    struct session session[ASSAY_FRAME_SESSIONS];
    pthread_t thread[ASSAY_FRAME_SESSIONS];
    if (argc != 2 || strcmp(argv[1], "softhsm") != 0) {
        fprintf(stderr, "usage: assay-companion softhsm (started by assay-worker)\n");
        return 2;
    }
    struct assay_kms *kms = open_softhsm(folder, sizeof folder, why, sizeof why);
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++) {
        session[i] = (struct session){kms, why, 3 + i};
        if (pthread_create(&thread[i], NULL, serve, &session[i]) != 0)
            return 1;
    }
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++)
        pthread_join(thread[i], NULL);
    if (kms)
        kms->close(kms);
    if (folder[0])
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
