/* SPDX-License-Identifier: Apache-2.0
 *
 * native_check [NAME …]: holds each variant of each native kernel that this CPU runs against the portable one
 * and against published vectors. Exits 0 when all agree. native_check --bench times them.
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

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(uint32_t features);
    } parts[] = {{"gcm", check_gcm},        {"chacha", check_chacha}, {"wrap", check_wrap},
                 {"sha2", check_sha2},      {"hmac", check_hmac},     {"lanes", check_lanes},
                 {"pool", check_pool},      {"rand", check_rand},     {"planted", check_planted},
                 {"machine", check_machine}};
    if (count == 2 && strcmp(arguments[1], "--bench") == 0) {
        check_bench();
        return failures > 0;
    }
    uint32_t features = cpu_features();
    printf("CPU features 0x%x\n", features);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool wanted = count == 1;
        for (int j = 1; j < count; j++)
            wanted |= strcmp(arguments[j], parts[i].name) == 0;
        if (!wanted)
            continue;
        unsigned long before = checks;
        parts[i].run(features);
        printf("%s: %lu checks\n", parts[i].name, checks - before);
    }
    printf("%lu checks, %lu failed\n", checks, failures);
    return failures > 0 || checks == 0;
}
