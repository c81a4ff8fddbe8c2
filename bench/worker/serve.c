/* SPDX-License-Identifier: Apache-2.0
 *
 * One function a command; the table at the end of the file names them all.
 */
#include "bench/worker/serve.h"

#include "bench/vectors/vectors.h"
#include "bench/worker/drill.h"
#include "bench/worker/offer.h"
#include "kernels/service/metrics.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX_CASES 16
#define TALK_ROOM      (64u << 10)

struct server {
    struct assay_session *session;
    struct {
        char key[ASSAY_KEY_MAX];
        struct assay_opened *opened;
    } cases[OPEN_MAX_CASES];
};

json_t *assay_serve_refusal(const char *verdict, const char *reason)
{
    return json_pack("{s:b,s:s,s:o}", "ok", 0, "verdict", verdict, "reason", assay_json_text(reason));
}

static json_t *refusal(enum assay_verdict verdict, const char *reason)
{
    static const char *const names[] = {
        [ASSAY_VERDICT_UNSUPPORTED] = "unsupported",
        [ASSAY_VERDICT_WRONG] = "wrong",
        [ASSAY_VERDICT_FAILED] = "failed",
    };
    return assay_serve_refusal(names[verdict], reason);
}

static json_t *accepted(void)
{
    return json_pack("{s:b}", "ok", 1);
}

json_t *assay_serve_hello(const struct assay_module *m)
{
    const struct assay_identity *id = &m->identity;
    return json_pack("{s:b,s:o,s:o,s:o,s:s,s:o,s:o,s:b,s:b}", "ok", 1, "library",
                     assay_json_text(id->library), "version", assay_json_text(id->version), "path",
                     assay_json_text(m->library_path), "build_id", m->build_id, "provider",
                     assay_json_text(id->provider), "variant", assay_json_text(id->variant), "fips_asked",
                     id->fips_asked, "fips_active", id->fips_active);
}

static int find(const struct server *server, const char *key)
{
    for (int i = 0; i < OPEN_MAX_CASES; i++)
        if (server->cases[i].opened && strcmp(server->cases[i].key, key) == 0)
            return i;
    return -1;
}

static json_t *describe(const struct assay_case *c)
{
    struct assay_service service = {.size = sizeof service};
    enum assay_alg alg = ASSAY_ALG_NONE;
    enum assay_op op = c->kernel->served(c, &alg);
    if (!c->backend->describe || c->backend->describe(c->instance, op, alg, &service) != ASSAY_OK)
        service.algorithm[0] = service.provider[0] = '\0';
    service.algorithm[sizeof service.algorithm - 1] = service.provider[sizeof service.provider - 1] = '\0';
    json_t *reply = json_pack(
        "{s:b,s:s,s:o,s:o}", "ok", 1, "unit", c->kernel->unit == ASSAY_UNIT_BYTES ? "bytes" : "ops",
        "algorithm", assay_json_text(service.algorithm), "provider", assay_json_text(service.provider));
    if (c->kernel->bytes)
        json_object_set_new(reply, "bytes", json_integer((json_int_t)c->kernel->bytes(c)));
    if (c->kernel->batched)
        json_object_set_new(reply, "batched", json_string(c->kernel->batched(c) ? "native" : "loop"));
    if (c->kernel->sides[0])
        json_object_set_new(reply, "sides", json_pack("[s,s]", c->kernel->sides[0], c->kernel->sides[1]));
    return reply;
}

static json_t *do_open(struct server *server, const char *key, const json_t *message)
{
    (void)message;
    char reason[ASSAY_REASON_MAX] = "";
    int slot = 0;
    while (slot < OPEN_MAX_CASES && server->cases[slot].opened)
        slot++;
    if (slot == OPEN_MAX_CASES || find(server, key) >= 0)
        return refusal(ASSAY_VERDICT_FAILED, "the case is open already, or too many are");
    enum assay_verdict verdict = assay_open_case(server->session, key, &server->cases[slot].opened, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return refusal(verdict, reason);
    strncpy(server->cases[slot].key, key, ASSAY_KEY_MAX - 1);
    return describe(assay_opened_case(server->cases[slot].opened));
}

static json_t *do_close(struct server *server, const char *key, const json_t *message)
{
    (void)message;
    int slot = find(server, key);
    assay_close_case(server->cases[slot].opened);
    memset(&server->cases[slot], 0, sizeof server->cases[slot]);
    return accepted();
}

static json_t *do_prove(struct server *server, const char *key, const json_t *message)
{
    (void)message;
    char reason[ASSAY_REASON_MAX] = "";
    struct assay_proved proved;
    if (server->session->exempt)
        return json_pack("{s:b,s:b}", "ok", 1, "exempt", 1);
    enum assay_verdict verdict = assay_prove_case(server->cases[find(server, key)].opened, &proved, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return refusal(verdict, reason);
    json_t *reply =
        json_pack("{s:b,s:i,s:i}", "ok", 1, "answers", proved.answers, "negatives", proved.negatives);
    if (proved.deterministic)
        json_object_set_new(reply, "digest", json_string(proved.digest));
    return reply;
}

static json_t *do_calibrate(struct server *server, const char *key, const json_t *message)
{
    char reason[ASSAY_REASON_MAX] = "";
    json_int_t min_ns = json_integer_value(json_object_get(message, "min_ns"));
    uint64_t iterations = 0;
    if (min_ns < 1)
        return refusal(ASSAY_VERDICT_FAILED, "calibrate wants min_ns over 0");
    enum assay_verdict verdict =
        assay_calibrate_case(server->cases[find(server, key)].opened, (uint64_t)min_ns, &iterations, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return refusal(verdict, reason);
    return json_pack("{s:b,s:I}", "ok", 1, "iterations", (json_int_t)iterations);
}

static json_t *do_sample(struct server *server, const char *key, const json_t *message)
{
    char reason[ASSAY_REASON_MAX] = "";
    json_int_t iterations = json_integer_value(json_object_get(message, "iterations"));
    struct assay_opened *opened = server->cases[find(server, key)].opened;
    struct assay_timing s;
    if (iterations < 1)
        return refusal(ASSAY_VERDICT_FAILED, "sample wants iterations over 0");
    enum assay_verdict verdict = assay_sample_case(opened, (uint64_t)iterations, &s, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return refusal(verdict, reason);
    json_t *reply =
        json_pack("{s:b,s:I,s:I,s:I,s:I}", "ok", 1, "iterations", (json_int_t)s.iterations, "ns",
                  (json_int_t)s.ns, "ticks", (json_int_t)s.ticks, "switches", (json_int_t)s.switches);
    if (s.counted) {
        json_object_set_new(reply, "cycles", json_integer((json_int_t)s.cycles));
        json_object_set_new(reply, "instructions", json_integer((json_int_t)s.instructions));
    }
    if (assay_opened_case(opened)->kernel->sides[0])
        json_object_set_new(reply, "side_ns",
                            json_pack("[I,I]", (json_int_t)s.side_ns[0], (json_int_t)s.side_ns[1]));
    return reply;
}

static bool offer_part(const struct server *server, const json_t *j, struct assay_offer_part *part)
{
    const json_t *cases = json_object_get(j, "cases");
    part->count = json_number_value(json_object_get(j, "count"));
    part->alternatives = (unsigned)json_array_size(cases);
    if (!(part->count > 0 && part->count <= ASSAY_OFFER_COUNT_MAX) || part->alternatives < 1 ||
        part->alternatives > ASSAY_OFFER_ALTERNATIVES)
        return false;
    for (unsigned a = 0; a < part->alternatives; a++) {
        const json_t *one = json_array_get(cases, a);
        const char *key = json_string_value(json_array_get(one, 0));
        int slot = key ? find(server, key) : -1;
        if (slot < 0)
            return false;
        part->opened[a] = server->cases[slot].opened;
        part->share[a] = json_number_value(json_array_get(one, 1));
    }
    return true;
}

static bool offer_parts(const struct server *server, const char *key, const json_t *message,
                        struct assay_offer *offer)
{
    const json_t *parts = json_object_get(message, "parts");
    offer->parts = parts ? (unsigned)json_array_size(parts) : 1;
    if (offer->parts < 1 || offer->parts > ASSAY_OFFER_PARTS)
        return false;
    if (!parts)
        offer->part[0] = (struct assay_offer_part){1, 1, {1}, {server->cases[find(server, key)].opened}};
    for (unsigned i = 0; parts && i < offer->parts; i++)
        if (!offer_part(server, json_array_get(parts, i), &offer->part[i]))
            return false;
    return true;
}

static json_t *bins_json(const struct assay_histogram *h)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ASSAY_HISTOGRAM_BINS; i++) {
        if (h->count[i] == 0)
            continue;
        json_array_append_new(list, json_integer((json_int_t)i));
        json_array_append_new(list, json_integer((json_int_t)h->count[i]));
    }
    return list;
}

static json_t *do_offer(struct server *server, const char *key, const json_t *message)
{
    static struct assay_offered out;
    char reason[ASSAY_REASON_MAX] = "";
    struct assay_offer offer = {
        .rate = json_number_value(json_object_get(message, "rate")),
        .seed = (uint64_t)json_integer_value(json_object_get(message, "seed")),
    };
    json_int_t ns = json_integer_value(json_object_get(message, "ns"));
    json_int_t application = json_integer_value(json_object_get(message, "application_ns"));
    if (ns < 1 || application < 0 || !(offer.rate >= 0) || !offer_parts(server, key, message, &offer))
        return refusal(ASSAY_VERDICT_FAILED, "offer wants ns over 0, a rate, and parts whose cases are open");
    offer.ns = (uint64_t)ns;
    offer.application_ns = (uint64_t)application;
    enum assay_verdict verdict = assay_offer_run(server->session, &offer, &out, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return refusal(verdict, reason);
    json_t *reply = json_pack(
        "{s:b,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "ok", 1, "requests", (json_int_t)out.requests, "unserved",
        (json_int_t)out.unserved, "ns", (json_int_t)out.ns, "busy_ns", (json_int_t)out.busy_ns, "switches",
        (json_int_t)out.switches, "latency", bins_json(&out.latency), "service", bins_json(&out.service));
    if (json_object_get(message, "parts"))
        return reply;
    const struct assay_kernel *kernel = assay_opened_case(offer.part[0].opened[0])->kernel;
    if (kernel->uses != 0 && server->session->companions.count > 0 &&
        offer.rate <= 0) /* at a rate the clock is looked at while nothing is to be done */
        json_object_set_new(reply, "cpu_ns", json_integer((json_int_t)out.cpu_ns));
    if (kernel->sides[0])
        json_object_set_new(reply, "sides",
                            json_pack("[o,o]", bins_json(&out.side[0]), bins_json(&out.side[1])));
    return reply;
}

static json_t *do_show(struct server *server, const char *key, const json_t *message)
{
    (void)message;
    char reason[ASSAY_REASON_MAX] = "";
    struct assay_opened *opened = server->cases[find(server, key)].opened;
    uint8_t *artifact = NULL;
    size_t size;
    const struct assay_case *c = assay_opened_case(opened);
    if (server->session->exempt || !c->kernel->show || c->kernel->artifact_room(c) == 0)
        return json_pack("{s:b,s:b}", "ok", 1, "none", 1);
    enum assay_verdict verdict = assay_show_case(opened, &artifact, &size, reason);
    json_t *reply = verdict == ASSAY_VERDICT_OK
                        ? json_pack("{s:b,s:o}", "ok", 1, "artifact", assay_json_hex(artifact, size))
                        : refusal(verdict, reason);
    free(artifact);
    return reply;
}

static json_t *do_accept(struct server *server, const char *key, const json_t *message)
{
    char reason[ASSAY_REASON_MAX] = "";
    size_t size = 0;
    uint8_t *artifact = assay_json_unhex(json_object_get(message, "artifact"), &size);
    if (!artifact)
        return refusal(ASSAY_VERDICT_FAILED, "accept wants an artifact in hexadecimal");
    enum assay_verdict verdict =
        assay_accept_case(server->cases[find(server, key)].opened, artifact, size, reason);
    free(artifact);
    return verdict == ASSAY_VERDICT_OK ? accepted() : refusal(verdict, reason);
}

static json_t *do_talk(struct server *server, const char *key, const json_t *message)
{
    static const char *const states[] = {
        [ASSAY_TALK_MORE] = "more", [ASSAY_TALK_DONE] = "done", [ASSAY_TALK_AGAIN] = "again"};
    static uint8_t room[TALK_ROOM];
    char reason[ASSAY_REASON_MAX] = "";
    struct assay_opened *opened = server->cases[find(server, key)].opened;
    if (server->session->exempt || !assay_opened_case(opened)->kernel->talk)
        return json_pack("{s:b,s:b}", "ok", 1, "none", 1);
    const char *role = json_string_value(json_object_get(message, "role"));
    struct assay_turn turn = {
        .role = role && strcmp(role, "server") == 0 ? ASSAY_TLS_SERVER : ASSAY_TLS_CLIENT,
        .start = json_is_true(json_object_get(message, "start")),
        .out = room,
        .room = sizeof room,
    };
    uint8_t *in = assay_json_unhex(json_object_get(message, "in"), &turn.in_size);
    turn.in = in;
    enum assay_verdict verdict = assay_talk_case(opened, &turn, reason);
    free(in);
    if (verdict != ASSAY_VERDICT_OK)
        return refusal(verdict, reason);
    return json_pack("{s:b,s:s,s:o}", "ok", 1, "state", states[turn.state], "out",
                     assay_json_hex(room, turn.out_size));
}

static json_t *list_case(const struct assay_session *session, struct assay_case *c)
{
    char key[ASSAY_KEY_MAX], why[ASSAY_REASON_MAX] = "";
    assay_case_format(c, 1, key);
    c->backend = session->module->backend;
    c->instance = session->module->instance;
    bool yes = c->kernel->supported(c, why, sizeof why);
    return json_pack("{s:s,s:b,s:o}", "case", key, "supported", yes, "reason",
                     assay_json_text(yes ? "" : why));
}

static json_t *do_list(struct server *server, const char *key, const json_t *message)
{
    (void)key;
    (void)message;
    json_t *cases = json_array();
    for (size_t k = 0; assay_kernels[k]; k++) {
        struct assay_case c;
        for (size_t i = 0; assay_case_next(assay_kernels[k], &i, &c);)
            json_array_append_new(cases, list_case(server->session, &c));
    }
    return json_pack("{s:b,s:o}", "ok", 1, "cases", cases);
}

static json_t *do_vectors(struct server *server, const char *key, const json_t *message)
{
    (void)key;
    const struct assay_module *m = server->session->module;
    const char *path = json_string_value(json_object_get(message, "path"));
    struct assay_vectors v;
    if (!path)
        return refusal(ASSAY_VERDICT_FAILED, "vectors wants a path");
    assay_vectors_file(&v, path, m->backend, m->instance, m->identity.library);
    json_t *reply =
        v.kind == ASSAY_VECTORS_BROKEN
            ? refusal(ASSAY_VERDICT_FAILED, v.error)
            : json_pack("{s:b,s:i,s:i,s:i,s:i,s:i,s:O,s:O}", "ok", 1, "passed", v.passed, "rejected",
                        v.rejected, "failed", v.failed, "unsupported", v.unsupported, "inapplicable",
                        v.inapplicable, "failures", v.failures, "unsupported_why", v.unsupported_why);
    assay_vectors_free(&v);
    return reply;
}

static const struct assay_tune_ops *tuning(const struct assay_module *m)
{
    return ASSAY_HAS(m->backend, tune) ? m->backend->tune : NULL;
}

static json_t *tunable_json(const struct assay_tunable *t)
{
    json_t *candidates = json_array();
    for (size_t i = 0; i < t->candidates && i < ASSAY_COUNT(t->candidate); i++)
        json_array_append_new(candidates, json_integer((json_int_t)t->candidate[i]));
    return json_pack("{s:o,s:o,s:o,s:o,s:I,s:o}", "name", assay_json_text(t->name), "unit",
                     assay_json_text(t->unit), "summary", assay_json_text(t->summary), "cases",
                     assay_json_text(t->cases), "value", (json_int_t)t->value, "candidates", candidates);
}

static json_t *do_tunables(struct server *server, const char *key, const json_t *message)
{
    (void)key;
    (void)message;
    const struct assay_module *m = server->session->module;
    json_t *all = json_array();
    struct assay_tunable t = {.size = sizeof t};
    for (size_t i = 0; tuning(m) && tuning(m)->tunable(m->instance, i, &t) == ASSAY_OK; i++)
        json_array_append_new(all, tunable_json(&t));
    return json_pack("{s:b,s:o}", "ok", 1, "tunables", all);
}

static json_t *do_profile(struct server *server, const char *key, const json_t *message)
{
    (void)key;
    (void)message;
    const struct assay_module *m = server->session->module;
    static struct assay_profile p = {.size = sizeof p};
    if (!tuning(m))
        return refusal(ASSAY_VERDICT_UNSUPPORTED, "the backend has nothing to tune");
    if (tuning(m)->profile(m->instance, &p) != ASSAY_OK)
        return refusal(ASSAY_VERDICT_FAILED, m->backend->last_error(m->instance));
    return json_pack("{s:b,s:o,s:o}", "ok", 1, "path", assay_json_text(p.path), "text",
                     assay_json_text(p.text));
}

static json_t *do_drill(struct server *server, const char *key, const json_t *message)
{
    (void)key;
    static struct assay_drilling drilling;
    char reason[ASSAY_REASON_MAX] = "";
    const char *name = json_string_value(json_object_get(message, "name"));
    enum assay_verdict verdict =
        assay_drill_session(server->session, &drilling, name ? name : "",
                            json_is_true(json_object_get(message, "without_safeguard")), reason);
    return verdict == ASSAY_VERDICT_OK ? assay_drill_json(&drilling) : refusal(verdict, reason);
}

/* What this process has counted so far, cell by cell: both ends are of one build. */
static json_t *do_counters(struct server *server, const char *key, const json_t *message)
{
    struct assay_metrics m;
    json_t *count = json_array(), *expiry = json_array();
    (void)server;
    (void)key;
    (void)message;
    assay_metrics_read(&m);
    for (size_t i = 0; i < ASSAY_COUNT(m.count); i++)
        json_array_append_new(count, json_integer((json_int_t)m.count[i]));
    for (size_t i = 0; i < ASSAY_COUNT(m.expiry); i++)
        json_array_append_new(expiry, json_integer((json_int_t)m.expiry[i]));
    return json_pack("{s:b,s:o,s:o}", "ok", 1, "count", count, "expiry", expiry);
}

static const struct command {
    const char *name;
    bool on_open_case;
    json_t *(*run)(struct server *, const char *key, const json_t *message);
} commands[] = {
    {"open", false, do_open},          {"close", true, do_close},      {"prove", true, do_prove},
    {"calibrate", true, do_calibrate}, {"sample", true, do_sample},    {"offer", true, do_offer},
    {"show", true, do_show},           {"accept", true, do_accept},    {"talk", true, do_talk},
    {"list", false, do_list},          {"vectors", false, do_vectors}, {"tunables", false, do_tunables},
    {"profile", false, do_profile},    {"drill", false, do_drill},     {"counters", false, do_counters},
};

static json_t *answer(struct server *server, const json_t *message)
{
    const char *name = json_string_value(json_object_get(message, "cmd"));
    const char *key = json_string_value(json_object_get(message, "case"));
    key = key ? key : "";
    for (size_t i = 0; name && i < ASSAY_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (commands[i].on_open_case && find(server, key) < 0)
            return refusal(ASSAY_VERDICT_FAILED, "the case is not open");
        return commands[i].run(server, key, message);
    }
    return refusal(ASSAY_VERDICT_FAILED, "no such command");
}

void assay_serve(struct assay_channel *channel, struct assay_session *session)
{
    struct server server = {.session = session};
    json_t *message;
    while (assay_channel_receive(channel, -1, &message) == ASSAY_RECEIVED) {
        const char *name = json_string_value(json_object_get(message, "cmd"));
        bool quit = name && strcmp(name, "quit") == 0;
        json_t *reply = quit ? NULL : answer(&server, message);
        if (reply)
            json_object_set(reply, "id", json_object_get(message, "id"));
        bool sent = quit || assay_channel_send(channel, reply);
        json_decref(message);
        if (quit || !sent)
            break;
    }
    for (int i = 0; i < OPEN_MAX_CASES; i++)
        assay_close_case(server.cases[i].opened);
}
