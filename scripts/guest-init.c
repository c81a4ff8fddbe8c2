/* SPDX-License-Identifier: Apache-2.0
 *
 * The first process of an emulated machine (scripts/avx512): runs the commands of the file /commands, one
 * after the other, says of each how it ended, and switches off. A command is its words, each with a NUL, and
 * then a NUL; words of the form NAME=VALUE before the program are its environment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 100

static char commands[16384];

static void run(char **words)
{
    size_t i = 0;
    for (; words[i] != NULL && strchr(words[i], '=') != NULL; i++)
        putenv(words[i]);
    execv(words[i], words + i);
    perror(words[i]);
    _exit(127);
}

int main(void)
{
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    setenv("HOME", "/tmp", 1);
    setenv("TMPDIR", "/tmp", 1);
    FILE *file = fopen("/commands", "r");
    size_t size = file ? fread(commands, 1, sizeof commands - 2, file) : 0;
    int n = 0;
    for (char *at = commands; at < commands + size; at++) {
        char *words[WORDS] = {NULL};
        for (size_t i = 0; *at != '\0' && i < WORDS - 1; i++) {
            words[i] = at;
            at += strlen(at) + 1;
        }
        pid_t child = fork();
        if (child == 0)
            run(words);
        int status = -1;
        waitpid(child, &status, 0);
        int code = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        printf("\n@guest command %d exit %d\n", ++n, code);
        fflush(stdout);
    }
    printf("@guest end\n");
    fflush(stdout);
    sleep(1); /* for what the serial line has not sent */
    reboot(RB_POWER_OFF);
    return 1;
}
