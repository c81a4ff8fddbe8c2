/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters as Prometheus reads them. Every series is written, those at 0 too: the first event of a kind is
 * then an increase, and not a series that begins at 1. No label's value needs to be escaped: all are here,
 * and a test reads them.
 */
#include "kernels/service/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const algs[ASSAY_METRICS_ALGS] = {"ed25519", "ecdsa_p256", "ecdsa_p384",
                                                     "rsa_pss", "rsa_pkcs1",  "ml_dsa_65"};
static const char *const certs[ASSAY_CERTS] = {
    [ASSAY_CERT_SERVER] = "server", [ASSAY_CERT_CLIENT] = "client", [ASSAY_CERT_CA] = "ca"};
static const struct {
    const char *protocol, *cipher;
} suites[ASSAY_SUITES] = {
    [ASSAY_SUITE_NONE] = {"none", "none"},
    [ASSAY_SUITE_AES_128_GCM_SHA256] = {"TLSv1.3", "TLS_AES_128_GCM_SHA256"},
    [ASSAY_SUITE_AES_256_GCM_SHA384] = {"TLSv1.3", "TLS_AES_256_GCM_SHA384"},
    [ASSAY_SUITE_CHACHA20_POLY1305_SHA256] = {"TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"},
};

static void family(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_signatures(FILE *out, const struct assay_metrics *m)
{
    static const char *const results[] = {"ok", "refused", "error"};
    family(out, "crypto_sign_total", "counter", "Signatures made.");
    for (size_t i = 0; i < ASSAY_METRICS_ALGS; i++)
        fprintf(out, "crypto_sign_total{algorithm=\"%s\"} %" PRIu64 "\n", algs[i],
                m->count[ASSAY_CELL_SIGNED + i]);
    family(out, "crypto_verify_total", "counter",
           "Signatures verified: ok, refused, or error when there was no verdict.");
    for (size_t i = 0; i < ASSAY_METRICS_ALGS * 3u; i++)
        fprintf(out, "crypto_verify_total{algorithm=\"%s\",result=\"%s\"} %" PRIu64 "\n", algs[i / 3],
                results[i % 3], m->count[ASSAY_CELL_VERIFIED + i]);
}

static void put_tokens(FILE *out, const struct assay_metrics *m)
{
    family(out, "token_verify_total", "counter",
           "Tokens verified, and why they were refused; error when there was no verdict.");
    for (unsigned i = 0; i < ASSAY_TOKEN_RESULTS; i++)
        fprintf(out, "token_verify_total{result=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
                i == ASSAY_TOKEN_VALID ? "accepted" : "refused",
                assay_token_result_name((enum assay_token_result)i), m->count[ASSAY_CELL_TOKENS + i]);
    fprintf(out, "token_verify_total{result=\"error\",reason=\"no_verdict\"} %" PRIu64 "\n",
            m->count[ASSAY_CELL_TOKENS + ASSAY_TOKEN_RESULTS]);
}

static void put_handshakes(FILE *out, const struct assay_metrics *m)
{
    uint64_t so_far = 0;
    family(out, "tls_handshake_total", "counter", "TLS handshakes ended, as the server saw them.");
    for (size_t i = 0; i < ASSAY_SUITES * 2u; i++)
        fprintf(out, "tls_handshake_total{result=\"%s\",protocol=\"%s\",cipher=\"%s\"} %" PRIu64 "\n",
                i % 2 ? "error" : "ok", suites[i / 2].protocol, suites[i / 2].cipher,
                m->count[ASSAY_CELL_HANDSHAKES + i]);
    family(out, "tls_handshake_duration_seconds", "histogram", "How long TLS handshakes took.");
    for (size_t i = 0; i < ASSAY_METRICS_BUCKETS; i++) {
        so_far += m->count[ASSAY_CELL_SECONDS + i];
        fprintf(out, "tls_handshake_duration_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
                (double)assay_metrics_bucket_ns[i] / 1e9, so_far);
    }
    so_far += m->count[ASSAY_CELL_SECONDS + ASSAY_METRICS_BUCKETS];
    fprintf(out, "tls_handshake_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", so_far);
    fprintf(out, "tls_handshake_duration_seconds_sum %.9g\n", (double)m->count[ASSAY_CELL_NS] / 1e9);
    fprintf(out, "tls_handshake_duration_seconds_count %" PRIu64 "\n", so_far);
}

static void put_certificates(FILE *out, const struct assay_metrics *m)
{
    bool any = false;
    for (size_t i = 0; i < ASSAY_CERTS; i++) {
        if (m->expiry[i] == 0)
            continue;
        if (!any)
            family(out, "tls_cert_expiry_seconds", "gauge",
                   "When the certificate in use expires, in seconds since 1970.");
        any = true;
        fprintf(out, "tls_cert_expiry_seconds{name=\"%s\"} %" PRId64 "\n", certs[i], m->expiry[i]);
    }
}

char *assay_metrics_text(const struct assay_metrics *m)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    put_handshakes(out, m);
    put_certificates(out, m);
    put_signatures(out, m);
    put_tokens(out, m);
    family(out, "metrics_count_total", "counter",
           "Counts that the kernel metrics.count made, which measures what a count costs.");
    fprintf(out, "metrics_count_total %" PRIu64 "\n", m->count[ASSAY_CELL_COUNTED]);
    bool written = !ferror(out);
    if (fclose(out) == 0 && written)
        return text;
    free(text);
    return NULL;
}
