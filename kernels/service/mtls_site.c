/* SPDX-License-Identifier: Apache-2.0
 *
 * A service with mutual TLS, set up and taken down.
 */
#include "kernels/service/mtls_site.h"
#include "kernels/kernel.h"
#include "kernels/service/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GROUP   ASSAY_ECDH_P256 /* which FIPS builds have too */
#define SKEW    60
#define WAIT_MS 10000

static const uint8_t hello[64] = "an order of one cart";

static struct assay_bytes text(const char *s)
{
    return (struct assay_bytes){(const uint8_t *)s, strlen(s)};
}

static enum assay_rc told(struct assay_site *s, const char *why)
{
    s->why = why;
    return why ? ASSAY_LIBRARY : ASSAY_OK;
}

static enum assay_rc open_ca(struct assay_site *s, unsigned index, enum assay_alg alg, int64_t now)
{
    static const char *const names[ASSAY_SITE_CAS] = {"assay TEST CA", "assay TEST CA, another"};
    uint8_t key[32], public_key[65];
    size_t size;
    ASSAY_TRY(assay_ca_new_key(s->backend, s->instance, alg, key, public_key, &size));
    enum assay_rc rc = assay_ca_open(&s->ca[index], s->backend, s->instance, alg, key, names[index],
                                     now - 3600, now + 30 * (int64_t)ASSAY_SITE_DAY);
    explicit_bzero(key, sizeof key);
    return rc;
}

static struct assay_ca_request request_of(const char *uri, int64_t lifetime_s)
{
    int64_t now = (int64_t)time(NULL);
    return (struct assay_ca_request){.subject = text(strrchr(uri, '/') + 1),
                                     .uri = text(uri),
                                     .dns = text(ASSAY_SITE_HOST),
                                     .not_before = now - SKEW + (lifetime_s < 0 ? lifetime_s : 0),
                                     .not_after = now + lifetime_s,
                                     .actor = text("rotator"),
                                     .time_ms = (uint64_t)now * 1000};
}

enum assay_rc assay_site_rotate(struct assay_site *s, unsigned ca, const char *uri, int64_t lifetime_s)
{
    const struct assay_ca_request request = request_of(uri, lifetime_s);
    uint8_t identity[ASSAY_IDENTITY_MAX];
    struct assay_bytes all = {identity, 0}, key, content;
    struct assay_x509 x;
    ASSAY_TRY(assay_credential_issue(&s->ca[ca], &request, NULL, identity, &all.size));
    bool put = assay_folder_put(s->folder, ASSAY_IDENTITY_FILE, all);
    if (!assay_credential_cut(all, &key, &content) || assay_x509_read(&x, content))
        put = false;
    else
        memcpy(s->serial, x.serial.data, sizeof s->serial);
    explicit_bzero(identity, sizeof identity);
    return told(s, put ? NULL : "the identity cannot be put down");
}

static struct assay_bytes roots_of(const struct assay_site *s, unsigned cas, uint8_t out[ASSAY_TRUST_MAX])
{
    struct assay_bytes all = {out, 0};
    for (unsigned i = 0; i < ASSAY_SITE_CAS; i++) {
        if (!(cas >> i & 1))
            continue;
        memcpy(out + all.size, s->ca[i].root, s->ca[i].root_size);
        all.size += s->ca[i].root_size;
    }
    return all;
}

enum assay_rc assay_site_trust(struct assay_site *s, unsigned cas)
{
    uint8_t roots[ASSAY_TRUST_MAX];
    bool put = assay_folder_put(s->folder, ASSAY_TRUST_FILE, roots_of(s, cas, roots));
    return told(s, put ? NULL : "the trust list cannot be put down");
}

enum assay_rc assay_site_credential(struct assay_site *s, unsigned ca, const char *uri, unsigned trusts,
                                    int64_t lifetime_s, struct assay_credential **credential)
{
    const struct assay_ca_request request = request_of(uri, lifetime_s);
    const struct assay_credential_config config = {.backend = s->backend,
                                                   .instance = s->instance,
                                                   .role = ASSAY_TLS_CLIENT,
                                                   .group = GROUP,
                                                   .host = ASSAY_SITE_HOST,
                                                   .serves_expired = lifetime_s < 0};
    uint8_t identity[ASSAY_IDENTITY_MAX], roots[ASSAY_TRUST_MAX];
    size_t size;
    *credential = NULL;
    ASSAY_TRY(assay_credential_issue(&s->ca[ca], &request, NULL, identity, &size));
    const char *why =
        assay_credential_new(&config, (struct assay_bytes){identity, size},
                             roots_of(s, trusts | 1u << ca, roots), (int64_t)time(NULL), credential);
    explicit_bzero(identity, sizeof identity);
    return told(s, why);
}

enum assay_rc assay_site_open(struct assay_site *s, const struct assay_backend *backend,
                              assay_instance *instance, const struct assay_site_config *config)
{
    *s = (struct assay_site){.backend = backend, .instance = instance};
    for (unsigned i = 0; i < ASSAY_SITE_CAS; i++)
        ASSAY_TRY(open_ca(s, i, config->alg, (int64_t)time(NULL)));
    if (!assay_folder_make(s->folder))
        return told(s, "there is no folder to be had under TMPDIR");
    ASSAY_TRY(assay_site_trust(s, config->trusts ? config->trusts : 1u << ASSAY_SITE_OWN));
    ASSAY_TRY(assay_site_rotate(s, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, config->lifetime_s));
    ASSAY_TRY(assay_site_credential(s, ASSAY_SITE_OWN, ASSAY_SITE_CLIENT_URI, 1u << ASSAY_SITE_OWN,
                                    ASSAY_SITE_DAY, &s->credential));
    const struct assay_reload_config reload = {.credential = {.backend = backend,
                                                              .instance = instance,
                                                              .role = ASSAY_TLS_SERVER,
                                                              .group = GROUP,
                                                              .serves_expired = config->serves_expired},
                                               .folder = s->folder,
                                               .warn_s = config->warn_s,
                                               .is_blind = config->is_blind};
    ASSAY_TRY(told(s, assay_reload_start(&reload, &s->reload)));
    ASSAY_TRY(told(s, assay_mtls_server_start(backend, s->reload, ASSAY_SITE_CLIENT_URI, &s->server)));
    assay_metrics_cert(ASSAY_CERT_CLIENT, s->credential->not_after);
    s->client = (struct assay_mtls_client){.backend = backend,
                                           .instance = instance,
                                           .ctx = s->credential->ctx,
                                           .port = assay_mtls_server_port(s->server),
                                           .server_uri = ASSAY_SITE_SERVER_URI};
    return ASSAY_OK;
}

void assay_site_close(struct assay_site *s)
{
    assay_mtls_server_stop(s->server);
    assay_reload_stop(s->reload);
    assay_credential_drop(s->credential);
    assay_folder_remove(s->folder);
    for (unsigned i = 0; i < ASSAY_SITE_CAS; i++)
        assay_ca_close(&s->ca[i]);
    memset(s, 0, sizeof *s);
}

enum assay_mtls_result assay_site_visit(const struct assay_mtls_client *client,
                                        struct assay_mtls_connection *connection)
{
    enum assay_mtls_result result = assay_mtls_connect(client, connection);
    if (result == ASSAY_MTLS_OK)
        result = assay_mtls_echo(client, connection, hello, sizeof hello);
    assay_mtls_close(client, connection);
    return result;
}

static bool wait_a_little(unsigned *waited)
{
    static const struct timespec little = {.tv_nsec = 1000000};
    nanosleep(&little, NULL);
    return ++*waited < WAIT_MS;
}

bool assay_site_await_serial(struct assay_site *s)
{
    struct assay_reload_state state;
    unsigned waited = 0;
    do
        assay_reload_look(s->reload, &state);
    while (memcmp(state.serial, s->serial, sizeof s->serial) != 0 && wait_a_little(&waited));
    return memcmp(state.serial, s->serial, sizeof s->serial) == 0;
}

bool assay_site_await_refusals(struct assay_site *s, uint64_t refused)
{
    struct assay_reload_state state;
    unsigned waited = 0;
    do
        assay_reload_look(s->reload, &state);
    while (state.refused < refused && wait_a_little(&waited));
    return state.refused >= refused;
}
