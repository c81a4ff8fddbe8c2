/* SPDX-License-Identifier: Apache-2.0
 *
 * A module that goes wrong on request: the OpenSSL adapter with a few functions replaced. Options:
 *   fault=NAME   what goes wrong, see the table at the end
 *   size=N       only for messages of N bytes (0: for all)
 *   after=N      only after N calls of that size went well
 */
#include "backends/backend.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROTOCOL_FD 3
#define LEAK_SIZE   (1u << 20)
#define PRINT_LINES 4000

/* The adapter's own assay_backend_get(), renamed when it was compiled for this module. */
const struct assay_backend *base_backend_get(uint32_t host_abi);

static const struct assay_backend *base;
static struct assay_backend table;
static struct assay_aead_ops aead;
static struct assay_sign_ops sign;

static struct {
    const struct fault *fault;
    size_t size;
    unsigned long after, calls;
} now;

struct fault {
    const char *name;
    void (*strike)(void);  /* in seal(), for a message of the chosen size */
    void (*install)(void); /* replaces functions other than seal() */
    enum assay_rc (*create)(void);
};

static bool strikes(size_t size)
{
    return (now.size == 0 || now.size == size) && ++now.calls > now.after;
}

static enum assay_rc seal_striking(assay_aead *a, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                                   size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (strikes(in_size))
        now.fault->strike();
    return base->aead->seal(a, out, nonce, in, in_size, aad, aad_size);
}

/* One bit of the ciphertext is wrong, and open() of the same module takes it back: nothing in this process
 * can tell. */
static enum assay_rc seal_flipping(assay_aead *a, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                                   size_t in_size, const uint8_t *aad, size_t aad_size)
{
    enum assay_rc rc = base->aead->seal(a, out, nonce, in, in_size, aad, aad_size);
    if (rc == ASSAY_OK && in_size > 0 && strikes(in_size))
        out[in_size / 3] ^= 0x04;
    return rc;
}

static enum assay_rc open_flipping(assay_aead *a, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                                   size_t in_size, const uint8_t *aad, size_t aad_size)
{
    size_t size = in_size - ASSAY_TAG_SIZE;
    if (size == 0 || (now.size != 0 && now.size != size))
        return base->aead->open(a, out, nonce, in, in_size, aad, aad_size);
    uint8_t *copy = malloc(in_size);
    if (!copy)
        return ASSAY_NOMEM;
    memcpy(copy, in, in_size);
    copy[size / 3] ^= 0x04;
    enum assay_rc rc = base->aead->open(a, out, nonce, copy, in_size, aad, aad_size);
    free(copy);
    return rc;
}

static void install_flip(void)
{
    aead.seal = seal_flipping;
    aead.open = open_flipping;
}

/* As above, without hiding it: the proof passes, and a later sample's last output no longer opens. */
static void install_late(void)
{
    aead.seal = seal_flipping;
}

static enum assay_rc open_anything(assay_aead *a, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                                   size_t in_size, const uint8_t *aad, size_t aad_size)
{
    enum assay_rc rc = base->aead->open(a, out, nonce, in, in_size, aad, aad_size);
    return rc == ASSAY_AUTH && strikes(in_size - ASSAY_TAG_SIZE) ? ASSAY_OK : rc;
}

static void install_accept(void)
{
    aead.open = open_anything;
}

static void strike_crash(void)
{
    signal(SIGSEGV, SIG_DFL); /* a sanitizer would turn it into an exit */
    raise(SIGSEGV);
}

static void strike_hang(void)
{
    for (;;)
        pause();
}

static void strike_exit(void)
{
    exit(0);
}

static void shout(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t n = write(fd, text, left);
        if (n <= 0)
            return;
        text += n;
        left -= (size_t)n;
    }
}

static void strike_rubbish(void)
{
    shout(PROTOCOL_FD, "\x01\xff this is no answer");
}

/* A line that looks like an answer, so that the true one comes where the next is awaited. */
static void strike_answer(void)
{
    shout(PROTOCOL_FD, "{\"ok\":true,\"iterations\":1,\"ns\":1,\"ticks\":1,\"switches\":0}\n");
}

static void strike_print(void)
{
    for (int i = 0; i < PRINT_LINES; i++)
        puts("{\"ok\":false,\"verdict\":\"wrong\",\"reason\":\"a library that talks\"}");
    fflush(stdout);
}

static void strike_leak(void)
{
    static void *last; /* kept in a chain: lost to the program, but not to a leak checker */
    void **lost = malloc(LEAK_SIZE);
    if (!lost)
        return;
    memset(lost, 0x5a, LEAK_SIZE);
    *lost = last;
    last = lost;
}

/* Signs another message than it was given, and verifies what it so signed: found by another library alone. */
static enum assay_rc sign_longer(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                                 size_t in_size)
{
    uint8_t longer[256] = {0};
    if (in_size >= sizeof longer)
        return ASSAY_INPUT;
    memcpy(longer, in, in_size);
    return base->sign->sign(key, sig, sig_size, longer, in_size + 1);
}

static enum assay_rc verify_longer(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                   size_t in_size)
{
    uint8_t longer[256] = {0};
    enum assay_rc rc = base->sign->verify(key, sig, sig_size, in, in_size);
    if (rc != ASSAY_AUTH || in_size >= sizeof longer)
        return rc;
    memcpy(longer, in, in_size);
    return base->sign->verify(key, sig, sig_size, longer, in_size + 1);
}

static void install_sign_longer(void)
{
    sign.sign = sign_longer;
    sign.verify = verify_longer;
}

/* A format of its own: an octet before the signature, which others may find malformed, not merely wrong. */
static enum assay_rc sign_prefixed(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                                   size_t in_size)
{
    enum assay_rc rc = base->sign->sign(key, sig, sig_size, in, in_size);
    if (rc != ASSAY_OK)
        return rc;
    memmove(sig + 1, sig, *sig_size);
    sig[0] = 0;
    *sig_size += 1;
    return ASSAY_OK;
}

static enum assay_rc verify_prefixed(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                     size_t in_size)
{
    size_t skip = sig_size > 0 && sig[0] == 0;
    return base->sign->verify(key, sig + skip, sig_size - skip, in, in_size);
}

static void install_sign_prefixed(void)
{
    sign.sign = sign_prefixed;
    sign.verify = verify_prefixed;
}

/* Refuses what other libraries sign: knows its own signatures by the last one it made. */
static uint8_t last_sig[ASSAY_SIG_MAX];
static size_t last_sig_size;

static enum assay_rc sign_remembering(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                                      size_t in_size)
{
    enum assay_rc rc = base->sign->sign(key, sig, sig_size, in, in_size);
    if (rc == ASSAY_OK) {
        last_sig_size = *sig_size;
        memcpy(last_sig, sig, last_sig_size);
    }
    return rc;
}

static enum assay_rc verify_own(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                size_t in_size)
{
    enum assay_rc rc = base->sign->verify(key, sig, sig_size, in, in_size);
    bool own = sig_size == last_sig_size && memcmp(sig, last_sig, sig_size) == 0;
    return rc == ASSAY_OK && last_sig_size > 0 && !own ? ASSAY_AUTH : rc;
}

static void install_verify_own(void)
{
    sign.sign = sign_remembering;
    sign.verify = verify_own;
}

static enum assay_rc verify_anything(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                     size_t in_size)
{
    enum assay_rc rc = base->sign->verify(key, sig, sig_size, in, in_size);
    return rc == ASSAY_AUTH ? ASSAY_OK : rc;
}

static void install_verify_anything(void)
{
    sign.verify = verify_anything;
}

static enum assay_rc create_refuses(void)
{
    return ASSAY_LIBRARY;
}

static enum assay_rc create_hangs(void)
{
    strike_hang();
    return ASSAY_OK;
}

static enum assay_rc create_exits(void)
{
    strike_exit();
    return ASSAY_OK;
}

static enum assay_rc create_crashes(void)
{
    strike_crash();
    return ASSAY_OK;
}

static enum assay_rc identify_rubbish(assay_instance *instance, struct assay_identity *id)
{
    enum assay_rc rc = base->identify(instance, id);
    memset(id->version, 0xfe, sizeof id->version); /* neither UTF-8 nor ended */
    return rc;
}

static void install_identify_rubbish(void)
{
    table.identify = identify_rubbish;
}

/* As the probe, it would be exempt from proof. */
static void install_probe(void)
{
    table.name = "null";
    install_flip();
}

static const struct fault faults[] = {
    {.name = "none"},
    {.name = "flip", .install = install_flip},
    {.name = "late", .install = install_late},
    {.name = "accept", .install = install_accept},
    {.name = "probe", .install = install_probe},
    {.name = "crash", .strike = strike_crash},
    {.name = "hang", .strike = strike_hang},
    {.name = "exit", .strike = strike_exit},
    {.name = "rubbish", .strike = strike_rubbish},
    {.name = "answer", .strike = strike_answer},
    {.name = "print", .strike = strike_print},
    {.name = "leak", .strike = strike_leak},
    {.name = "sign-longer", .install = install_sign_longer},
    {.name = "sign-prefixed", .install = install_sign_prefixed},
    {.name = "verify-own", .install = install_verify_own},
    {.name = "verify-anything", .install = install_verify_anything},
    {.name = "create-refuses", .create = create_refuses},
    {.name = "create-hangs", .create = create_hangs},
    {.name = "create-exits", .create = create_exits},
    {.name = "create-crashes", .create = create_crashes},
    {.name = "identify-rubbish", .install = install_identify_rubbish},
};

static bool take_option(const struct assay_option *option)
{
    if (strcmp(option->name, "size") == 0)
        now.size = strtoul(option->value, NULL, 10);
    if (strcmp(option->name, "after") == 0)
        now.after = strtoul(option->value, NULL, 10);
    for (size_t i = 0; strcmp(option->name, "fault") == 0 && i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].name, option->value) == 0)
            now.fault = &faults[i];
    return strcmp(option->name, "fault") == 0 || strcmp(option->name, "size") == 0 ||
           strcmp(option->name, "after") == 0;
}

static enum assay_rc create(const struct assay_host *host, const struct assay_option *option, size_t count,
                            assay_instance **out)
{
    *out = NULL;
    for (size_t i = 0; i < count; i++)
        if (!take_option(&option[i]))
            return ASSAY_INPUT;
    if (!now.fault)
        return ASSAY_INPUT;
    if (now.fault->create) {
        enum assay_rc rc = now.fault->create();
        if (rc != ASSAY_OK)
            return rc;
    }
    if (now.fault->strike)
        aead.seal = seal_striking;
    if (now.fault->install)
        now.fault->install();
    return base->create(host, NULL, 0, out);
}

static const char *last_error(assay_instance *instance)
{
    return instance ? base->last_error(instance) : "the fault module was told to refuse, or named no fault";
}

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    base = base_backend_get(host_abi);
    if (!base)
        return NULL;
    table = *base;
    aead = *base->aead;
    table.name = "fault";
    table.create = create;
    table.last_error = last_error;
    table.aead = &aead;
    if (base->sign) {
        sign = *base->sign;
        table.sign = &sign;
    }
    return &table;
}
