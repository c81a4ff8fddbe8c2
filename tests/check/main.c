/* SPDX-License-Identifier: Apache-2.0
 *
 * native_check [--only avx512] [--one-in N] [NAME …]: holds each variant of each native kernel that this CPU
 * runs against the portable one and against published vectors. Exits 0 when all agree. --only leaves out what
 * does not need AVX-512, and --one-in takes about each Nth round: for an emulated CPU. native_check --bench
 * times them.
 */
#include "backends/native/cpu.h"
#include "tests/check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long checks, failures;
static uint32_t only;     /* features, of which a variant must need one; 0: all variants */
static size_t one_in = 1; /* rounds */
static const char *part;  /* that runs */

bool check_that(bool ok, const char *format, ...)
{
    checks++;
    if (ok)
        return true;
    if (failures++ < 20) {
        va_list args;
        va_start(args, format);
        printf("FAILED: ");
        vprintf(format, args);
        printf("\n");
        va_end(args);
    }
    return false;
}

unsigned long check_failures(void)
{
    return failures;
}

bool check_wanted(const char *name, uint32_t needs, uint32_t features)
{
    if ((needs & ~features) != 0 || (only != 0 && (needs & only) == 0))
        return false;
    printf("  %s: %s\n", part, name);
    return true;
}

size_t check_step(void)
{
    return one_in == 1 ? 1 : 1 + check_below(2 * one_in - 1);
}

struct guarded guarded_new(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size = (size + page - 1) / page * page;
    uint8_t *all = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, size, PROT_READ | PROT_WRITE) != 0) {
        perror("mmap");
        exit(1);
    }
    return (struct guarded){all + page, size};
}

uint8_t *guarded_high(const struct guarded *g, size_t size)
{
    return g->base + g->size - size;
}

uint8_t *guarded_low(const struct guarded *g)
{
    return g->base;
}

/* xorshift64 (Marsaglia 2003) */
uint32_t check_random(void)
{
    static uint64_t x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)(x >> 20);
}

size_t check_below(size_t bound)
{
    return check_random() % bound;
}

void check_fill(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)check_random();
}

static const struct {
    const char *name;
    void (*run)(uint32_t features);
} parts[] = {{"gcm", check_gcm},     {"chacha", check_chacha},  {"wrap", check_wrap},
             {"sha2", check_sha2},   {"hmac", check_hmac},      {"lanes", check_lanes},
             {"pool", check_pool},   {"rand", check_rand},      {"planted", check_planted},
             {"watch", check_watch}, {"machine", check_machine}};

static void run_part(size_t i, uint32_t features)
{
    unsigned long before = checks;
    part = parts[i].name;
    parts[i].run(features);
    printf("%s: %lu checks\n", parts[i].name, checks - before);
}

static bool is_part(size_t i, const char *name)
{
    return strcmp(parts[i].name, name) == 0;
}

/* The options, before the names; returns how many arguments they are, or -1. */
static int options(int count, char **arguments)
{
    int i = 1;
    for (; i + 1 < count && arguments[i][0] == '-'; i += 2) {
        if (strcmp(arguments[i], "--only") == 0 && strcmp(arguments[i + 1], "avx512") == 0)
            only = CPU_AVX512;
        else if (strcmp(arguments[i], "--one-in") == 0 && atoi(arguments[i + 1]) > 0)
            one_in = (size_t)atoi(arguments[i + 1]);
        else
            return -1;
    }
    return i < count && arguments[i][0] == '-' ? -1 : i - 1;
}

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "--bench") == 0) {
        check_bench();
        return failures > 0;
    }
    int taken = options(count, arguments);
    if (taken < 0) {
        printf("usage: native_check [--only avx512] [--one-in N] [NAME ...] | --bench\n");
        return 2;
    }
    count -= taken;
    arguments += taken;
    uint32_t features = cpu_features();
    printf("CPU features 0x%x\n", features);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool wanted = count == 1;
        for (int j = 1; j < count; j++)
            wanted |= is_part(i, arguments[j]);
        if (wanted)
            run_part(i, features);
    }
    printf("%lu checks, %lu failed\n", checks, failures);
    return failures > 0 || checks == 0;
}
