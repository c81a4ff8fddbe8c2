/* SPDX-License-Identifier: Apache-2.0
 *
 * The fingerprint, from /proc, /sys and the build; and the noise watch. No host or user names.
 */
#include "bench/run/machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "kernels/kernel.h"

extern const char assay_commit[];

/* The first line of a file; "" when there is none. */
static const char *first_line(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f || !fgets(out, (int)size, f))
        out[0] = '\0';
    if (f)
        fclose(f);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

/* The value of the first line "key : value" of /proc/cpuinfo. */
static const char *cpuinfo(const char *key, char *out, size_t size)
{
    char line[8192];
    FILE *f = fopen("/proc/cpuinfo", "re");
    out[0] = '\0';
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(out, size, "%s", colon);
        break;
    }
    if (f)
        fclose(f);
    return out;
}

static const char *virtualisation(void)
{
    char text[8192], vendor[128];
    first_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor);
    if (strstr(cpuinfo("flags", text, sizeof text), "hypervisor") == NULL)
        return "none seen";
    first_line("/sys/hypervisor/type", text, sizeof text);
    if (text[0])
        return "xen";
    if (access("/dev/kvm", F_OK) == 0 || access("/sys/devices/virtual/misc/kvm", F_OK) == 0 ||
        strstr(first_line("/sys/devices/system/clocksource/clocksource0/available_clocksource", text,
                          sizeof text),
               "kvm"))
        return "kvm";
    return strstr(vendor, "VMware") ? "vmware" : strstr(vendor, "Microsoft") ? "hyper-v" : "hypervisor";
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double assay_tsc_hz(void)
{
    static double hz;
    if (hz == 0) { /* 50 ms put the error of two clock readings under 10 ppm */
        double start = now();
        uint64_t ticks = assay_ticks();
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        hz = (double)(assay_ticks() - ticks) / (now() - start);
    }
    return hz;
}

json_t *assay_machine_json(void)
{
    char cpu[256], flags[8192], microcode[64], governor[64];
    struct utsname u;
    uname(&u);
    if (!cpuinfo("model name", cpu, sizeof cpu)[0])
        snprintf(cpu, sizeof cpu, "%s %s", u.machine, cpuinfo("CPU part", flags, sizeof flags));
    if (!cpuinfo("flags", flags, sizeof flags)[0])
        cpuinfo("Features", flags, sizeof flags);
    first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor, sizeof governor);
    return json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:f}", "cpu", cpu, "flags", flags, "microcode",
                     cpuinfo("microcode", microcode, sizeof microcode), "cores",
                     (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "kernel", u.release, "governor",
                     governor[0] ? governor : "unknown", "virtualisation", virtualisation(), "tsc_hz",
                     assay_tsc_hz());
}

json_t *assay_build_json(void)
{
#ifdef __clang__
    const char *compiler = "clang " __clang_version__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    return json_pack("{s:s,s:s}", "compiler", compiler, "flags", ASSAY_BUILD_FLAGS);
}

json_t *assay_version_json(void)
{
    const char *mark = strstr(assay_commit, "-dirty");
    size_t length = mark ? (size_t)(mark - assay_commit) : strlen(assay_commit);
    return json_pack("{s:s,s:s%,s:b}", "version", ASSAY_VERSION, "commit", assay_commit, length, "dirty",
                     mark != NULL);
}

json_t *assay_environment_json(void)
{
    static const char *const names[] = {"OPENSSL_ia32cap", "OPENSSL_armcap",  "OPENSSL_CONF",
                                        "OPENSSL_MODULES", "ASSAY_TIER",      "ASSAY_PROFILE",
                                        "LD_PRELOAD",      "LD_LIBRARY_PATH", "GLIBC_TUNABLES"};
    json_t *set = json_object();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        const char *home = getenv("HOME");
        if (!value)
            continue;
        if (home && strlen(home) > 1 && strstr(value, home))
            value = "(set; it names a home folder)";
        json_object_set_new(set, names[i], json_string(value));
    }
    return set;
}

void assay_noise_read(struct assay_noise *noise)
{
    char line[512], mhz[64];
    unsigned long long v[10] = {0};
    *noise = (struct assay_noise){0};
    first_line("/proc/stat", line, sizeof line);
    sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
           &v[6], &v[7]);
    noise->steal = v[7];
    for (int i = 0; i < 8; i++)
        noise->total += v[i];
    noise->load1 = strtod(first_line("/proc/loadavg", line, sizeof line), NULL);
    noise->mhz = strtod(cpuinfo("cpu MHz", mhz, sizeof mhz), NULL);
}

double assay_realtime_pause_ms(int policy, long long runtime_us, long long period_us)
{
    if (policy >= 0)
        policy &= ~SCHED_RESET_ON_FORK;
    if ((policy != SCHED_FIFO && policy != SCHED_RR) || runtime_us < 0 || runtime_us >= period_us)
        return 0;
    return 1e3 * (double)(period_us - runtime_us) / (double)period_us;
}

const char *assay_realtime_warning(char *out, size_t size)
{
    char runtime[64], period[64];
    first_line("/proc/sys/kernel/sched_rt_runtime_us", runtime, sizeof runtime);
    first_line("/proc/sys/kernel/sched_rt_period_us", period, sizeof period);
    double pause =
        assay_realtime_pause_ms(sched_getscheduler(0), strtoll(runtime, NULL, 10), strtoll(period, NULL, 10));
    out[0] = '\0';
    if (pause > 0)
        snprintf(out, size,
                 "under a real-time priority a load that never sleeps is stopped for %.0f ms of each second",
                 pause);
    return out;
}

json_t *assay_noise_json(const struct assay_noise *before, const struct assay_noise *after,
                         long long switches)
{
    double total = (double)(after->total - before->total);
    double steal = total > 0 ? (double)(after->steal - before->steal) / total * 1e6 : 0;
    return json_pack("{s:f,s:f,s:f,s:f,s:I}", "steal_ppm", steal, "load1", after->load1, "mhz_before",
                     before->mhz, "mhz_after", after->mhz, "switches", (json_int_t)switches);
}
