/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock that the core really runs at, in GHz, where no counter tells: dependent additions take one cycle
 * each. For scripts/bars-bulk. Two registers, because some cores take additions of constants out of the
 * chain.
 *
 *   core-clock [CHUNKS]     prints the median over chunks of about 0.1 ms (2000)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIMES 8u
#define ROUND 5000u
#define MOST  100000u

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* 8 * 8 additions a round */
static double chunk(void)
{
    uint64_t sum = 1, step = 3;
    double start = now();
    for (unsigned i = 0; i < ROUND; i++)
        for (unsigned k = 0; k < TIMES; k++)
#if defined(__x86_64__)
            __asm__ volatile("add %1, %0; add %1, %0; add %1, %0; add %1, %0;"
                             "add %1, %0; add %1, %0; add %1, %0; add %1, %0"
                             : "+r"(sum)
                             : "r"(step)
                             : "cc");
#elif defined(__aarch64__)
            __asm__ volatile("add %0, %0, %1; add %0, %0, %1; add %0, %0, %1; add %0, %0, %1;"
                             "add %0, %0, %1; add %0, %0, %1; add %0, %0, %1; add %0, %0, %1"
                             : "+r"(sum)
                             : "r"(step));
#else
#error "no chain of additions for this architecture"
#endif
    return (double)ROUND * TIMES * 8 / (now() - start);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    long asked = argc > 1 ? strtol(argv[1], NULL, 10) : 2000;
    size_t n = asked < 1 || asked > (long)MOST ? 2000 : (size_t)asked;
    double *ghz = calloc(n, sizeof *ghz);
    if (!ghz)
        return 1;
    for (size_t i = 0; i < n; i++)
        ghz[i] = chunk();
    qsort(ghz, n, sizeof *ghz, ascending);
    printf("%.3f\n", ghz[n / 2]);
    free(ghz);
    return 0;
}
