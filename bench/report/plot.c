/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the charts, then runs gnuplot on them: without a shell, without start-up files, and in the folder
 * itself, so that scripts name no paths.
 */
#include "bench/report/plot.h"
#include "bench/report/chart.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What gnuplot has to say, as far as it fits; the rest is read and dropped. */
static void read_words(int fd, char *words, size_t room)
{
    size_t used = 0;
    char rest[512];
    for (;;) {
        bool full = used + 1 >= room;
        ssize_t n = read(fd, full ? rest : words + used, full ? sizeof rest : room - 1 - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += full ? 0 : (size_t)n;
    }
    words[used] = '\0';
    for (char *p = words; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
}

static int spawn_gnuplot(const char *dir, char **argv, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    if ((error = posix_spawn_file_actions_addchdir_np(&actions, dir)) == 0 &&
        (error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO)) == 0)
        error = posix_spawnp(pid, "gnuplot", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* One gnuplot draws everything. */
static enum assay_plot_result run_gnuplot(const struct assay_charts *charts, char **argv)
{
    char words[512] = "";
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(charts->why, charts->why_size, "cannot run gnuplot: %s", strerror(errno));
        return ASSAY_PLOT_FAILED;
    }
    int error = spawn_gnuplot(charts->dir, argv, ends[1], &pid);
    close(ends[1]);
    if (error == 0) {
        read_words(ends[0], words, sizeof words);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    if (error == ENOENT) {
        snprintf(
            charts->why, charts->why_size,
            "gnuplot is not installed (Debian: gnuplot-nox); scripts and data are in %s: cd there and run "
            "gnuplot *.gp",
            charts->dir);
        return ASSAY_PLOT_NO_GNUPLOT;
    }
    if (error || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        snprintf(charts->why, charts->why_size, "gnuplot failed in %s: %s", charts->dir,
                 error ? strerror(error) : words);
        return ASSAY_PLOT_FAILED;
    }
    return ASSAY_PLOT_OK;
}

static unsigned count_pictures(const struct assay_charts *charts)
{
    static const char *const endings[] = {"svg", "png"};
    unsigned count = 0;
    char path[4096];
    struct stat st;
    for (size_t i = 0; i < charts->count; i++)
        for (size_t k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "%s/%s.%s", charts->dir, charts->names[i], endings[k]);
            count += stat(path, &st) == 0 && st.st_size > 0;
        }
    return count;
}

/* gnuplot -d SCRIPT… : -d leaves the user's start-up files alone */
enum assay_plot_result assay_charts_draw(const struct assay_charts *charts, struct assay_plot_report *report)
{
    enum assay_plot_result result = ASSAY_PLOT_FAILED;
    size_t room = ASSAY_CHART_NAME + 4;
    char **argv = calloc(charts->count + 3, sizeof *argv), *scripts = calloc(charts->count, room);
    if (!argv || !scripts) {
        snprintf(charts->why, charts->why_size, "not enough memory");
        goto out;
    }
    argv[0] = (char[]){"gnuplot"};
    argv[1] = (char[]){"-d"};
    for (size_t i = 0; i < charts->count; i++) {
        argv[i + 2] = scripts + i * room;
        snprintf(argv[i + 2], room, "%s.gp", charts->names[i]);
    }
    result = run_gnuplot(charts, argv);
    report->pictures = count_pictures(charts);
    if (result == ASSAY_PLOT_OK && report->pictures != 2 * charts->count) {
        snprintf(charts->why, charts->why_size, "gnuplot drew %u pictures in %s, not %zu", report->pictures,
                 charts->dir, 2 * charts->count);
        result = ASSAY_PLOT_FAILED;
    }
out:
    free(argv);
    free(scripts);
    return result;
}

enum assay_plot_result assay_plot_write(const struct assay_summary *summary, const char *dir,
                                        struct assay_plot_report *report, char *why, size_t why_size)
{
    const struct assay_run *run = summary->run;
    char under[600];
    struct assay_charts charts = {
        .summary = summary, .dir = dir, .under = under, .why = why, .why_size = why_size};
    enum assay_plot_result result = ASSAY_PLOT_FAILED;
    report->scripts = report->pictures = 0;
    snprintf(under, sizeof under, "%.200s, %.20s, run %.60s", run->cpu, run->time, run->id);
    if (summary->measured == 0) {
        snprintf(why, why_size, "%s has no measured cell to draw", summary->run->file);
        return ASSAY_PLOT_NOTHING;
    }
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        snprintf(why, why_size, "%s: %s", dir, strerror(errno));
        return ASSAY_PLOT_FAILED;
    }
    if (assay_charts_sizes(&charts) && assay_charts_operations(&charts) && assay_charts_threads(&charts) &&
        assay_charts_efficiency(&charts) && assay_charts_spread(&charts)) {
        report->scripts = (unsigned)charts.count;
        result = assay_charts_draw(&charts, report);
        for (size_t i = 0; i < charts.count && report->named; i++)
            report->named(report->data, charts.names[i]);
    }
    free(charts.names);
    return result;
}
