/* SPDX-License-Identifier: Apache-2.0
 *
 * assay-companion: a companion in a process of its own, for remote.c, which starts it and speaks frames.h
 * over descriptors 3 and up, each a session with a thread. It ends when they are closed.
 *
 *   assay-companion softhsm               SoftHSM2, its tokens in a folder of its own
 *   assay-companion store MODULE OPTION   the store of a module, whose library may load libcrypto here
 */
#include "companions/companion.h"
#include "companions/guest.h"
#include "companions/pkcs11.h"
#include "companions/protect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const libraries[] = {"libsofthsm2.so", "/usr/lib/softhsm/libsofthsm2.so",
                                        "/usr/local/lib/softhsm/libsofthsm2.so"};

/* A folder for the tokens, and the file that names it. Both go with the worker's (bench/worker/scratch.h). */
static bool make_folder(struct assay_guest *g)
{
    const char *tmp = getenv("TMPDIR");
    char folder[4096], path[4200];
    snprintf(folder, sizeof folder, "%s/assay-softhsm-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        snprintf(g->why, sizeof g->why, "softhsm: no folder for tokens can be made; TMPDIR names one");
        return false;
    }
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    FILE *f = fopen(path, "we");
    bool ok = f && fprintf(f, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
                           folder) > 0;
    if (f && fclose(f) != 0)
        ok = false;
    if (ok && setenv("SOFTHSM2_CONF", path, 1) == 0)
        return true;
    snprintf(g->why, sizeof g->why, "softhsm: the token's configuration cannot be written");
    return false;
}

static void open_softhsm(struct assay_guest *g)
{
    if (!make_folder(g))
        return;
    for (size_t i = 0; !g->kms && i < sizeof libraries / sizeof *libraries; i++)
        if (strchr(libraries[i], '/') == NULL || access(libraries[i], R_OK) == 0)
            g->kms = assay_kms_pkcs11(libraries[i], g->why, sizeof g->why);
}

static void open_store(struct assay_guest *g, const char *module, const char *option)
{
    assay_store_opener *open = assay_store_load(module, g->why, sizeof g->why);
    if (open && open(option, &g->store, g->why, sizeof g->why) != ASSAY_OK)
        g->store = NULL;
}

int main(int argc, char **argv)
{
    struct assay_guest guest = {0};
    int session[ASSAY_FRAME_SESSIONS];
    struct assay_protection protection;
    assay_protect_process(&protection); /* what was not possible is told by `assay env` */
    if (argc == 2 && strcmp(argv[1], "softhsm") == 0) {
        open_softhsm(&guest);
    } else if (argc == 4 && strcmp(argv[1], "store") == 0) {
        open_store(&guest, argv[2], argv[3]);
    } else {
        fprintf(stderr,
                "usage: assay-companion softhsm|store MODULE OPTION (it is started by assay-worker)\n");
        return 2;
    }
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++)
        session[i] = 3 + i;
    const bool served = assay_guest_serve(&guest, session);
    if (guest.kms)
        guest.kms->close(guest.kms);
    if (guest.store)
        guest.store->close(guest.store);
    return served ? 0 : 1;
}
