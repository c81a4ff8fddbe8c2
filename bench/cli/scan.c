/* SPDX-License-Identifier: Apache-2.0
 *
 * assay scan: looks for secrets in files.
 */
#include "bench/scan/scan.h"
#include "bench/cli/cli.h"
#include "bench/run/instance.h"
#include "kernels/test_secrets.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALLOW_NAME "scan-allow.txt"

struct arguments {
    struct assay_scan_allow allow;
    struct assay_scan_secrets *secrets;
    const char *secrets_file;
    char **paths; /* ends with NULL */
    size_t path_count;
    bool digests;
    struct assay_scan_allow told; /* digests that were printed */
    uint64_t found, unread;
};

enum { KEY_ALLOW = 256, KEY_SECRETS, KEY_DIGESTS };

static const struct argp_option options[] = {
    {"allow", KEY_ALLOW, "FILE", 0,
     "Digests that are no finding, besides those of " ALLOW_NAME " that comes with assay; may be given again",
     1},
    {"secrets", KEY_SECRETS, "FILE", 0,
     "Secrets of your own to look for, one a line in hexadecimal (8 octets or more): as raw bytes, in "
     "hexadecimal and in base64",
     1},
    {"digests", KEY_DIGESTS, NULL, 0, "Print whole digests, in the form that --allow takes", 2},
    {0},
};

static const char doc[] =
    "Looks for private keys (PEM, DER, OpenSSH, PGP; also in base64 or hexadecimal), access keys of AWS, "
    "Azure, "
    "GitHub, Google, Slack and Stripe, JWTs, and the keys, passwords and messages that assay itself measures "
    "with, in files and in all files of folders. Links in folders are "
    "not "
    "followed, devices and pipes not read. Prints PATH:OFFSET: KIND, and the first 8 digits of a SHA-256 "
    "digest; "
    "never the secret. The digest is that of a private key's binary form, whatever form was found; of a "
    "secret "
    "of --secrets, its raw bytes; of anything else, the matched text. Exit code: 0 when nothing was found, 1 "
    "when something was, 2 when something could not be read.\v"
    "A line of FILE for --allow is a digest and what it is; '#' begins a comment.\n\n"
    "Examples:\n"
    "  assay scan build results\n"
    "  assay scan --digests tests >>allow.txt    then say in each line what it is\n"
    "  assay scan --allow allow.txt --secrets run.hex /var/log core.1234";

static void read_allowed(struct arguments *a, const char *path)
{
    char error[ASSAY_SCAN_ERROR_MAX];
    if (!assay_scan_allow_read(&a->allow, path, error))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", error);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_ALLOW:
        read_allowed(a, arg);
        return 0;
    case KEY_SECRETS:
        if (a->secrets_file)
            argp_error(state, "--secrets '%s': one file is taken", arg);
        a->secrets_file = arg;
        return 0;
    case KEY_DIGESTS:
        a->digests = true;
        return 0;
    case ARGP_KEY_ARG:
        if (!*arg)
            argp_error(state, "PATH '' names nothing");
        a->paths[a->path_count++] = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no PATH is given: name files or folders");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A name may hold anything: a line break in it must not look like another finding. */
static void print_path(FILE *out, const char *path)
{
    for (; *path; path++)
        if ((unsigned char)*path < 0x20 || *path == 0x7f)
            fprintf(out, "\\x%02x", (unsigned char)*path);
        else
            fputc(*path, out);
}

static void print_digest(const uint8_t *digest, size_t octets)
{
    for (size_t i = 0; i < octets; i++)
        printf("%02x", digest[i]);
}

/* One line for each digest is enough to allow it. */
static bool is_new(struct arguments *a, const uint8_t digest[ASSAY_SCAN_DIGEST])
{
    struct assay_scan_allow *told = &a->told;
    if (assay_scan_allowed(told, digest))
        return false;
    void *more = realloc(told->digest, (told->count + 1) * sizeof *told->digest);
    if (!more)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    told->digest = more;
    memcpy(told->digest[told->count++], digest, ASSAY_SCAN_DIGEST);
    return true;
}

static void found(void *data, const struct assay_scan_finding *f)
{
    struct arguments *a = data;
    a->found++;
    if (a->digests) {
        if (!is_new(a, f->digest))
            return;
        print_digest(f->digest, ASSAY_SCAN_DIGEST);
        printf("  %s, ", f->kind);
        print_path(stdout, f->path);
        printf(":%llu\n", (unsigned long long)f->offset);
        return;
    }
    print_path(stdout, f->path);
    printf(":%llu: %s, ", (unsigned long long)f->offset, f->kind);
    print_digest(f->digest, 4);
    putchar('\n');
}

static void trouble(void *data, const char *path, const char *why)
{
    struct arguments *a = data;
    a->unread++;
    fputs("assay: ", stderr);
    print_path(stderr, path);
    fprintf(stderr, ": %s\n", why);
}

/* Beside assay in a build tree, else where it was installed. */
static void read_own_allowed(struct arguments *a)
{
    char path[PATH_MAX + sizeof ALLOW_NAME], folder[PATH_MAX];
    if (assay_own_folder(folder)) {
        snprintf(path, sizeof path, "%s/%s", folder, ALLOW_NAME);
        if (access(path, F_OK) == 0) {
            read_allowed(a, path);
            return;
        }
    }
    if (access(ASSAY_DATA_DIR "/" ALLOW_NAME, F_OK) == 0)
        read_allowed(a, ASSAY_DATA_DIR "/" ALLOW_NAME);
    else
        fprintf(stderr, "assay: no " ALLOW_NAME " in " ASSAY_DATA_DIR ": published test keys are told too\n");
}

static bool add_own(void *data, const uint8_t *secret, size_t size, bool printed)
{
    return assay_scan_secrets_add(data, secret, size, !printed);
}

/* What assay measures with, and what the caller names. */
static void read_secrets(struct arguments *a)
{
    char error[ASSAY_SCAN_ERROR_MAX];
    a->secrets = assay_scan_secrets_new();
    if (!a->secrets || !assay_test_secrets(add_own, a->secrets))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    if (a->secrets_file && !assay_scan_secrets_read(a->secrets, a->secrets_file, error))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", error);
}

static int verdict(const struct arguments *a, const struct assay_scan_job *job)
{
    fprintf(stderr, "assay: %llu files, %llu bytes: %llu found, %llu allowed", (unsigned long long)job->files,
            (unsigned long long)job->bytes, (unsigned long long)a->found, (unsigned long long)job->allowed);
    if (a->unread)
        fprintf(stderr, ", %llu not read", (unsigned long long)a->unread);
    fputc('\n', stderr);
    return a->found ? ASSAY_EXIT_FAILURE : a->unread ? ASSAY_EXIT_USAGE : ASSAY_EXIT_OK;
}

static int run_scan(int argc, char **argv)
{
    const struct argp argp = {options, parse, "PATH...", doc, NULL, NULL, NULL};
    struct arguments a = {.paths = calloc((size_t)argc + 1, sizeof *a.paths)};
    if (!a.paths)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    assay_cli_parse(&argp, "scan", argc, argv, &a);
    /* a name that was mistyped is told before hours of reading */
    for (size_t i = 0; i < a.path_count; i++)
        if (access(a.paths[i], F_OK) != 0)
            assay_cli_die(ASSAY_EXIT_USAGE, "%s: %s", a.paths[i], strerror(errno));
    read_own_allowed(&a);
    read_secrets(&a);
    struct assay_scan_job job = {
        .allow = &a.allow, .secrets = a.secrets, .found = found, .trouble = trouble, .data = &a};
    if (!assay_scan_paths(&job, a.paths))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    int code = verdict(&a, &job);
    assay_scan_secrets_free(a.secrets);
    assay_scan_allow_free(&a.allow);
    assay_scan_allow_free(&a.told);
    free(a.paths);
    return code;
}

const struct assay_verb assay_verb_scan = {"scan", "look for keys and tokens in files", run_scan};
