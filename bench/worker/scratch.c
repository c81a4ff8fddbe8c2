/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/worker/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPTS 100 /* of 10 ms: who was killed with the worker may write for a moment yet */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    (void)remove(path);
    return 0;
}

/* In the child. In a group of its own, since whoever kills the worker kills its group; with no descriptor but
 * the one that it waits at: whoever waits for the worker's to close waits for the worker. */
static void keep(const char *folder, int life)
{
    char byte;
    setpgid(0, 0);
    prctl(PR_SET_NAME, "assay-keeper");
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    dup2(life, STDIN_FILENO);
    closefrom(STDIN_FILENO + 1);
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
        ;
    for (int i = 0; i < ATTEMPTS && access(folder, F_OK) == 0; i++) {
        if (i > 0)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
    _exit(0);
}

bool assay_scratch_open(struct assay_scratch *s)
{
    const char *tmp = getenv("TMPDIR");
    int life[2];
    s->keeper = 0;
    if (snprintf(s->folder, sizeof s->folder, "%s/assay-worker-XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
            (int)sizeof s->folder ||
        !mkdtemp(s->folder))
        return false;
    if (pipe2(life, O_CLOEXEC) != 0) {
        rmdir(s->folder);
        return false;
    }
    s->life = life[1];
    s->keeper = fork();
    if (s->keeper == 0)
        keep(s->folder, life[0]);
    close(life[0]);
    if (s->keeper > 0 && setenv("TMPDIR", s->folder, 1) == 0) {
        setpgid(s->keeper, s->keeper); /* both do it: neither can tell who is first */
        return true;
    }
    assay_scratch_close(s);
    return false;
}

void assay_scratch_close(struct assay_scratch *s)
{
    if (s->keeper == 0)
        return;
    close(s->life);
    if (s->keeper < 0)
        rmdir(s->folder);
    else
        while (waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    s->keeper = 0;
}
