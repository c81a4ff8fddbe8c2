/* SPDX-License-Identifier: Apache-2.0
 *
 * One instance's side of a comparison with another: cross.py starts one of these for each module, because two
 * libraries that export the same names must not share a process.
 *
 *   kernel_peer MODULE [NAME=VALUE …]
 *
 * A request on stdin is a line VERB ARGUMENT SIZE, then SIZE octets; a reply on stdout a line RC SIZE TEXT,
 * then SIZE octets. TEXT is a reason or the state of a conversation.
 *
 *   list - 0        the keys of the cases whose outputs others must accept, a line each
 *   open KEY 0      sets a case up, in place of the one before; UNSUPPORTED with the reason
 *   show - 0        an artifact
 *   accept - SIZE   the verdict on one
 *   begin ROLE SIZE the first step of a conversation, as client or server
 *   talk ROLE SIZE  each other step
 */
#include "kernels/kernel.h"
#include "open_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM (2u << 20) /* the largest artifact holds a message of 1 MiB */

static FILE *replies;
static struct assay_case the_case;
static uint8_t in[ROOM], out[ROOM];
static size_t out_size;
static const char *text;

static void shut(void)
{
    if (the_case.kernel)
        the_case.kernel->teardown(&the_case);
    the_case.kernel = NULL;
}

static enum assay_rc list(void)
{
    out_size = 0;
    for (size_t i = 0; assay_kernels[i]; i++) {
        struct assay_case c;
        for (size_t index = 0; assay_case_next(assay_kernels[i], &index, &c);) {
            char key[ASSAY_KEY_MAX];
            bool talks = c.kernel->talk != NULL;
            bool shows = c.kernel->artifact_room && c.kernel->artifact_room(&c) > 0;
            if (assay_case_is_full_only(&c) || !(talks || shows))
                continue;
            assay_case_format(&c, 1, key);
            out_size += (size_t)snprintf((char *)out + out_size, ROOM - out_size, "%s\n", key);
        }
    }
    text = "";
    return ASSAY_OK;
}

static enum assay_rc open_case(const char *key, const struct assay_backend *backend, assay_instance *instance)
{
    static char why[256];
    unsigned threads;
    text = why;
    shut();
    if (!assay_case_parse(key, &the_case, &threads, why, sizeof why)) {
        the_case.kernel = NULL;
        return ASSAY_INPUT;
    }
    the_case.backend = backend;
    the_case.instance = instance;
    static struct assay_companions companions;
    if (!the_case.kernel->supported(&the_case, why, sizeof why) ||
        assay_case_companions(&the_case, &companions, why, sizeof why) != ASSAY_OK) {
        the_case.kernel = NULL;
        return ASSAY_UNSUPPORTED;
    }
    text = the_case.kernel->talk ? "talks" : "shows";
    return the_case.kernel->setup(&the_case);
}

static enum assay_rc talk(const char *role, bool begin, size_t size)
{
    static const char *const states[] = {
        [ASSAY_TALK_MORE] = "more", [ASSAY_TALK_DONE] = "done", [ASSAY_TALK_AGAIN] = "again"};
    enum assay_talk state = ASSAY_TALK_MORE;
    enum assay_rc rc =
        the_case.kernel->talk(&the_case, strcmp(role, "server") == 0 ? ASSAY_TLS_SERVER : ASSAY_TLS_CLIENT,
                              begin, in, size, out, ROOM, &out_size, &state);
    text = states[state];
    return rc;
}

static enum assay_rc answer(const char *verb, const char *argument, size_t size,
                            const struct assay_backend *backend, assay_instance *instance)
{
    out_size = 0;
    text = "";
    if (strcmp(verb, "list") == 0)
        return list();
    the_case.note[0] = '\0';
    if (strcmp(verb, "open") == 0)
        return open_case(argument, backend, instance);
    if (!the_case.kernel)
        return ASSAY_INPUT;
    if (the_case.kernel->talk && (strcmp(verb, "begin") == 0 || strcmp(verb, "talk") == 0))
        return talk(argument, verb[0] == 'b', size);
    if (the_case.kernel->show && strcmp(verb, "show") == 0)
        return the_case.kernel->show(&the_case, out, ROOM, &out_size);
    if (the_case.kernel->accept && strcmp(verb, "accept") == 0)
        return the_case.kernel->accept(&the_case, in, size);
    snprintf(the_case.note, sizeof the_case.note, "the case has no %s", verb);
    return ASSAY_INPUT;
}

static bool reply(enum assay_rc rc, const struct assay_backend *backend, assay_instance *instance)
{
    if (rc != ASSAY_OK && rc != ASSAY_UNSUPPORTED) {
        text = the_case.note[0] ? the_case.note : backend->last_error(instance);
        out_size = 0;
    }
    fprintf(replies, "%d %zu %s\n", (int)rc, out_size, text);
    return fwrite(out, 1, out_size, replies) == out_size && fflush(replies) == 0;
}

int main(int argc, char **argv)
{
    const struct assay_backend *backend;
    assay_instance *instance;
    int own = dup(STDOUT_FILENO); /* what a library prints goes to stderr */
    replies = own < 0 ? NULL : fdopen(own, "w");
    if (!replies || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        !open_module(argc - 1, argv + 1, &backend, &instance))
        return 1;
    char line[256], verb[16], argument[ASSAY_KEY_MAX];
    size_t size;
    bool well = true;
    while (well && fgets(line, sizeof line, stdin)) {
        well = sscanf(line, "%15s %127s %zu", verb, argument, &size) == 3 && size <= ROOM &&
               fread(in, 1, size, stdin) == size &&
               reply(answer(verb, argument, size, backend, instance), backend, instance);
    }
    shut();
    backend->destroy(instance);
    return well ? 0 : 1;
}
