/* SPDX-License-Identifier: Apache-2.0
 *
 * The mix's YAML: libcyaml knows the keys; values are text with units, read and checked here.
 */
#include "bench/capacity/mix.h"

#include "bench/capacity/quantity.h"
#include "bench/run/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 12
#define TEXT_MAX 120

/* An entry of any list of operations; each list's schema has its own choice of these. */
struct entry {
    char *kind, *algorithm, *size, *operation, *kek, *hash, *op, *side, *count, *resumed, *cache_hits, *kms;
};

struct requests {
    char *rate, *growth;
};

struct request {
    char *application;
    struct entry *handshakes, *records, *signatures, *verifications, *envelopes, *hkdf, *operations;
    unsigned handshakes_count, records_count, signatures_count, verifications_count, envelopes_count,
        hkdf_count, operations_count;
};

struct objective {
    char *p99, *utilisation;
};

struct host {
    char *cores, *core_hour;
};

struct document {
    char *name;
    struct requests requests;
    struct request request;
    struct objective objective;
    struct host host;
};

#define MUST(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, TEXT_MAX)
#define MAY(key, type, member)                                                                               \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, TEXT_MAX)
#define COUNT MAY("count", struct entry, count)

static const cyaml_schema_field_t handshake_fields[] = {
    MUST("kind", struct entry, kind), MAY("side", struct entry, side), MAY("resumed", struct entry, resumed),
    COUNT, CYAML_FIELD_END};
static const cyaml_schema_field_t record_fields[] = {MUST("size", struct entry, size),
                                                     MAY("side", struct entry, side), COUNT, CYAML_FIELD_END};
static const cyaml_schema_field_t algorithm_fields[] = {MUST("algorithm", struct entry, algorithm), COUNT,
                                                        CYAML_FIELD_END};
static const cyaml_schema_field_t envelope_fields[] = {MUST("operation", struct entry, operation),
                                                       MUST("size", struct entry, size),
                                                       MAY("kek", struct entry, kek),
                                                       MAY("cache-hits", struct entry, cache_hits),
                                                       MAY("kms", struct entry, kms),
                                                       COUNT,
                                                       CYAML_FIELD_END};
static const cyaml_schema_field_t hkdf_fields[] = {MUST("hash", struct entry, hash),
                                                   MUST("size", struct entry, size), COUNT, CYAML_FIELD_END};
static const cyaml_schema_field_t operation_fields[] = {
    MUST("op", struct entry, op), MAY("side", struct entry, side), COUNT, CYAML_FIELD_END};

#define ENTRY(name)                                                                                          \
    static const cyaml_schema_value_t name##_schema = {                                                      \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, name##_fields)}
ENTRY(handshake);
ENTRY(record);
ENTRY(algorithm);
ENTRY(envelope);
ENTRY(hkdf);
ENTRY(operation);

#define LIST(member, schema)                                                                                 \
    CYAML_FIELD_SEQUENCE(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct request, member, schema,  \
                         1, LIST_MAX)

static const cyaml_schema_field_t requests_fields[] = {
    MUST("rate", struct requests, rate), MAY("growth", struct requests, growth), CYAML_FIELD_END};
static const cyaml_schema_field_t request_fields[] = {MAY("application", struct request, application),
                                                      LIST(handshakes, &handshake_schema),
                                                      LIST(records, &record_schema),
                                                      LIST(signatures, &algorithm_schema),
                                                      LIST(verifications, &algorithm_schema),
                                                      LIST(envelopes, &envelope_schema),
                                                      LIST(hkdf, &hkdf_schema),
                                                      LIST(operations, &operation_schema),
                                                      CYAML_FIELD_END};
static const cyaml_schema_field_t objective_fields[] = {
    MAY("p99", struct objective, p99), MAY("utilisation", struct objective, utilisation), CYAML_FIELD_END};
static const cyaml_schema_field_t host_fields[] = {MAY("cores", struct host, cores),
                                                   MAY("core-hour", struct host, core_hour), CYAML_FIELD_END};
static const cyaml_schema_field_t document_fields[] = {
    MUST("name", struct document, name),
    CYAML_FIELD_MAPPING("requests", CYAML_FLAG_DEFAULT, struct document, requests, requests_fields),
    CYAML_FIELD_MAPPING("request", CYAML_FLAG_DEFAULT, struct document, request, request_fields),
    CYAML_FIELD_MAPPING("objective", CYAML_FLAG_OPTIONAL, struct document, objective, objective_fields),
    CYAML_FIELD_MAPPING("host", CYAML_FLAG_OPTIONAL, struct document, host, host_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t document_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, document_fields)};

/* Where a mistake is told. */
struct teller {
    const char *path;
    char *why;
    size_t why_size;
};

static bool fault(const struct teller *t, const char *key, const char *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static bool fault(const struct teller *t, const char *key, const char *value, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unsigned line = assay_yaml_line(t->path, key, value, 0);
    snprintf(t->why, t->why_size, "%s:%u: %s '%s': %s", t->path, line ? line : 1, key, value, text);
    for (char *c = t->why; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return false;
}

typedef bool (*reader)(const char *text, double *out);

/* A value that may be absent (NULL): then *out stays. */
static bool take(const struct teller *t, const char *key, const char *text, reader read, double *out,
                 const char *valid)
{
    return !text || read(text, out) || fault(t, key, text, "valid is %s", valid);
}

static bool take_share(const struct teller *t, const char *key, const char *text, double *out)
{
    return take(t, key, text, assay_quantity_share, out, "a share from 0% to 100%, such as 90% or 0.9");
}

static bool take_size(const struct teller *t, const char *text, double *out)
{
    return take(t, "size", text, assay_quantity_size, out,
                "a size with its unit, B, KiB or MiB, such as 16 KiB");
}

static bool take_key(const struct teller *t, const char *key, const char *value,
                     struct assay_mix_choice *choice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* A case's key; key and value are what the mix has for it. */
static bool take_key(const struct teller *t, const char *key, const char *value,
                     struct assay_mix_choice *choice, const char *format, ...)
{
    char why[600], text[2 * ASSAY_KEY_MAX];
    struct assay_case c;
    unsigned threads;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= ASSAY_KEY_MAX)
        return fault(t, key, value, "is too long");
    if (!assay_case_parse(text, &c, &threads, why, sizeof why))
        return fault(t, key, value, "%s", why);
    memcpy(choice->key, text, (size_t)n + 1);
    return true;
}

/* A side of the kernel by its name; text NULL: `usual`. */
static bool take_side(const struct teller *t, const char *text, int usual, struct assay_mix_choice *choice)
{
    struct assay_case c;
    unsigned threads;
    char why[600];
    choice->side = usual;
    if (!text || !assay_case_parse(choice->key, &c, &threads, why, sizeof why))
        return true;
    if (!c.kernel->sides[0])
        return fault(t, "side", text, "%s has no sides", c.kernel->id);
    choice->side = strcmp(text, c.kernel->sides[0]) == 0   ? 0
                   : strcmp(text, c.kernel->sides[1]) == 0 ? 1
                                                           : ASSAY_MIX_BOTH;
    if (choice->side == ASSAY_MIX_BOTH && strcmp(text, "both") != 0)
        return fault(t, "side", text, "valid are %s, %s, both", c.kernel->sides[0], c.kernel->sides[1]);
    return true;
}

static bool take_handshake(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    struct assay_mix_choice *full = &op->choice[0], *resumed = &op->choice[1];
    if (!take_key(t, "kind", e->kind, full, "tls.handshake/%s/t1", e->kind) ||
        !take_side(t, e->side, 1, full))
        return false;
    const char *rest = strchr(e->kind, '/');
    if (!e->resumed)
        return true;
    if (strncmp(e->kind, "tls13-", 6) != 0 || strncmp(e->kind, "tls13-resumed", 13) == 0)
        return fault(t, "resumed", e->resumed, "goes with a kind of tls13-full or tls13-mutual");
    resumed->side = full->side;
    op->choices = 2;
    op->says = "resumed";
    return take_key(t, "kind", e->kind, resumed, "tls.handshake/tls13-resumed%s/t1", rest) &&
           take_share(t, "resumed", e->resumed, &resumed->share);
}

static bool take_record(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    double size = 0;
    return take_size(t, e->size, &size) &&
           take_key(t, "size", e->size, &op->choice[0], "tls.record/%.0f/t1", size) &&
           take_side(t, e->side, ASSAY_MIX_BOTH, &op->choice[0]);
}

static bool take_signature(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    return take_key(t, "algorithm", e->algorithm, &op->choice[0], "sign/%s/t1", e->algorithm);
}

static bool take_verification(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    return take_key(t, "algorithm", e->algorithm, &op->choice[0], "verify/%s/t1", e->algorithm);
}

/* A miss wraps or unwraps a data key and waits for the KMS; a hit has the key at hand. */
static bool take_envelope(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    struct assay_mix_choice *miss = &op->choice[0], *hit = &op->choice[1];
    double size = 0;
    bool seal = strcmp(e->operation, "seal") == 0;
    if (!seal && strcmp(e->operation, "open") != 0)
        return fault(t, "operation", e->operation, "valid are seal, open");
    if (!take_size(t, e->size, &size) ||
        !take_key(t, e->kek ? "kek" : "size", e->kek ? e->kek : e->size, miss, "envelope.%s/%s/%.0f/t1",
                  e->operation, e->kek ? e->kek : "aes-kw", size) ||
        !take(t, "kms", e->kms, assay_quantity_time, &miss->wait_ns, "a time with its unit, such as 3ms"))
        return false;
    if (!e->cache_hits)
        return true;
    op->choices = 2;
    op->says = "cache-hits";
    return take_share(t, "cache-hits", e->cache_hits, &hit->share) &&
           take_key(t, "size", e->size, hit, "aead.%s/aes-256-gcm/%.0f/t1", e->operation, size);
}

static bool take_hkdf(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    double size = 0;
    struct assay_mix_choice *c = &op->choice[0];
    if (!take_size(t, e->size, &size) || !take_key(t, "hash", e->hash, c, "hkdf/%s/32/t1", e->hash))
        return false;
    return take_key(t, "size", e->size, c, "hkdf/%s/%.0f/t1", e->hash, size);
}

static bool take_operation(const struct teller *t, const struct entry *e, struct assay_mix_op *op)
{
    return take_key(t, "op", e->op, &op->choice[0], "%s/t1", e->op) &&
           take_side(t, e->side, ASSAY_MIX_BOTH, &op->choice[0]);
}

typedef bool (*taker)(const struct teller *t, const struct entry *e, struct assay_mix_op *op);

static bool take_list(const struct teller *t, const char *name, const struct entry *e, unsigned count,
                      taker take_one, struct assay_mix *mix)
{
    for (unsigned i = 0; i < count; i++, e++) {
        struct assay_mix_op *op = &mix->op[mix->ops];
        if (mix->ops == ASSAY_MIX_OPS) {
            unsigned line = assay_yaml_line(t->path, name, NULL, 0);
            snprintf(t->why, t->why_size, "%s:%u: %s: a request has at most %d operations", t->path,
                     line ? line : 1, name, ASSAY_MIX_OPS);
            return false;
        }
        *op = (struct assay_mix_op){.count = 1, .choices = 1};
        op->choice[0].side = op->choice[1].side = ASSAY_MIX_BOTH;
        if (!take_one(t, e, op) || !take(t, "count", e->count, assay_quantity_count, &op->count,
                                         "how often a request does it, a number over 0 such as 2 or 0.05"))
            return false;
        const char *what = e->kind ? e->kind : e->algorithm ? e->algorithm : e->op ? e->op : e->size;
        snprintf(op->name, sizeof op->name, "%s %s", name, what);
        op->choice[0].share = 1 - op->choice[1].share;
        mix->ops++;
    }
    return true;
}

static bool take_operations(const struct teller *t, const struct document *d, struct assay_mix *mix)
{
#define TAKE(member, function)                                                                               \
    take_list(t, #member, d->request.member, d->request.member##_count, function, mix)
    return TAKE(handshakes, take_handshake) && TAKE(records, take_record) &&
           TAKE(signatures, take_signature) && TAKE(verifications, take_verification) &&
           TAKE(envelopes, take_envelope) && TAKE(hkdf, take_hkdf) && TAKE(operations, take_operation);
#undef TAKE
}

static bool take_price(const struct teller *t, const char *text, struct assay_mix *mix)
{
    return !text || assay_quantity_price(text, &mix->price, mix->currency) ||
           fault(t, "core-hour", text, "valid is a price and its currency, such as 0.04 EUR");
}

static bool take_document(const struct teller *t, const struct document *d, struct assay_mix *mix)
{
    *mix = (struct assay_mix){.utilisation = 0.7};
    snprintf(mix->name, sizeof mix->name, "%s", d->name);
    if (!take(t, "rate", d->requests.rate, assay_quantity_rate, &mix->rate,
              "a rate with its unit, /s, /min or /h, such as 4000/s") ||
        !take(t, "growth", d->requests.growth, assay_quantity_growth, &mix->growth,
              "a growth in per cent, such as 40%") ||
        !take(t, "application", d->request.application, assay_quantity_time, &mix->application_ns,
              "a time with its unit, ns, us, ms or s, such as 150us") ||
        !take(t, "p99", d->objective.p99, assay_quantity_time, &mix->p99_ns,
              "a time with its unit, ns, us, ms or s, such as 20ms") ||
        !take_share(t, "utilisation", d->objective.utilisation, &mix->utilisation) ||
        !take(t, "cores", d->host.cores, assay_quantity_whole, &mix->host_cores,
              "a whole number of cores, such as 16") ||
        !take_price(t, d->host.core_hour, mix) || !take_operations(t, d, mix))
        return false;
    if (mix->utilisation < 0.05 || mix->utilisation > 0.95)
        return fault(t, "utilisation", d->objective.utilisation, "valid is from 5%% to 95%%");
    if (d->objective.p99 && mix->p99_ns <= 0)
        return fault(t, "p99", d->objective.p99, "is no objective: a time over 0 is");
    if (mix->ops == 0) {
        unsigned line = assay_yaml_line(t->path, "request", NULL, 0);
        snprintf(t->why, t->why_size,
                 "%s:%u: request: no operation; valid are handshakes, records, signatures, verifications, "
                 "envelopes, hkdf, operations",
                 t->path, line ? line : 1);
        return false;
    }
    return true;
}

bool assay_mix_load(const char *path, struct assay_mix *mix, char *why, size_t why_size)
{
    struct document *d;
    const struct teller t = {path, why, why_size};
    if (!assay_yaml_load(path, &document_schema, (void **)&d, why, why_size))
        return false;
    bool ok = take_document(&t, d, mix);
    assay_yaml_free(&document_schema, d);
    return ok;
}

bool assay_mix_keys(const struct assay_mix *mix, char (**keys)[ASSAY_KEY_MAX], size_t *count)
{
    *count = 0;
    *keys = calloc((size_t)ASSAY_MIX_OPS * ASSAY_MIX_CHOICES, sizeof **keys);
    for (unsigned i = 0; *keys && i < mix->ops; i++) {
        for (unsigned c = 0; c < mix->op[i].choices; c++) {
            size_t k = 0;
            while (k < *count && strcmp((*keys)[k], mix->op[i].choice[c].key) != 0)
                k++;
            if (k == *count)
                memcpy((*keys)[(*count)++], mix->op[i].choice[c].key, ASSAY_KEY_MAX);
        }
    }
    return *keys != NULL;
}

json_t *assay_mix_parts(const struct assay_mix *mix)
{
    json_t *parts = json_array();
    for (unsigned i = 0; i < mix->ops; i++) {
        json_t *cases = json_array();
        for (unsigned c = 0; c < mix->op[i].choices; c++)
            json_array_append_new(cases,
                                  json_pack("[s,f]", mix->op[i].choice[c].key, mix->op[i].choice[c].share));
        json_array_append_new(parts, json_pack("{s:f,s:o}", "count", mix->op[i].count, "cases", cases));
    }
    return parts;
}
