/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures, units and columns for the table.
 */
#include "bench/report/format.h"

#include <math.h>
#include <string.h>

void assay_format_figure(double value, char out[ASSAY_FORMAT_SIZE])
{
    double size = fabs(value);
    int digits = 3; /* after the point: three significant ones in all */
    if (!(size > 0) || size >= 99.95)
        digits = 0;
    else if (size >= 9.995)
        digits = 1;
    else if (size >= 0.9995)
        digits = 2;
    else if (size < 0.01)
        digits = 4;
    snprintf(out, ASSAY_FORMAT_SIZE, "%.*f", digits, value);
}

void assay_format_scaled(double value, const char *unit, char out[ASSAY_FORMAT_SIZE])
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
    size_t i = 0;
    char figure[ASSAY_FORMAT_SIZE];
    for (; value >= 999.5 && i + 1 < sizeof prefixes / sizeof *prefixes; i++)
        value /= 1000;
    assay_format_figure(value, figure);
    snprintf(out, ASSAY_FORMAT_SIZE, "%.12s %s%.12s", figure, prefixes[i], unit);
}

void assay_format_time(double ns, char out[ASSAY_FORMAT_SIZE])
{
    static const char *const units[] = {"ns", "µs", "ms", "s"};
    size_t i = 0;
    char figure[ASSAY_FORMAT_SIZE];
    for (; ns >= 999.5 && i + 1 < sizeof units / sizeof *units; i++)
        ns /= 1000;
    assay_format_figure(ns, figure);
    snprintf(out, ASSAY_FORMAT_SIZE, "%.20s %s", figure, units[i]);
}

void assay_format_size(unsigned long long bytes, char out[ASSAY_FORMAT_SIZE])
{
    if (bytes >= 1u << 20 && bytes % (1u << 20) == 0)
        snprintf(out, ASSAY_FORMAT_SIZE, "%llu MiB", bytes >> 20);
    else if (bytes >= 1024 && bytes % 1024 == 0)
        snprintf(out, ASSAY_FORMAT_SIZE, "%llu KiB", bytes >> 10);
    else
        snprintf(out, ASSAY_FORMAT_SIZE, "%llu B", bytes);
}

void assay_format_library(const char *library, const char *version, char *out, size_t size)
{
    bool repeats = strncmp(version, library, strlen(library)) == 0;
    snprintf(out, size, "%s%s%s", repeats ? "" : library, repeats || !*version ? "" : " ", version);
}

size_t assay_format_width(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80; /* not a continuation byte of UTF-8 */
    return n;
}

static void emit(struct assay_printer *p, enum assay_style style, const char *text)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[1;31m"};
    if (!*text)
        return;
    fprintf(p->out, "%*s", (int)p->blanks, "");
    p->blanks = 0;
    if (p->colour && style != ASSAY_PLAIN)
        fprintf(p->out, "%s%s\033[0m", codes[style], text);
    else
        fputs(text, p->out);
}

void assay_printer_left(struct assay_printer *p, size_t width, enum assay_style style, const char *text)
{
    size_t used = assay_format_width(text);
    emit(p, style, text);
    p->blanks += used < width ? width - used : 0;
}

void assay_printer_right(struct assay_printer *p, size_t width, enum assay_style style, const char *text)
{
    size_t used = assay_format_width(text);
    p->blanks += used < width ? width - used : 0;
    emit(p, style, text);
}

void assay_printer_end(struct assay_printer *p)
{
    p->blanks = 0;
    putc('\n', p->out);
}

void assay_printer_wrap(struct assay_printer *p, size_t indent, size_t columns, enum assay_style style,
                        const char *text)
{
    size_t at = 0;
    char word[512];
    while (*text) {
        text += strspn(text, " ");
        size_t length = strcspn(text, " ");
        if (length == 0)
            break;
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
        size_t width = assay_format_width(word);
        if (at && at + 1 + width > columns) {
            assay_printer_end(p);
            at = 0;
        }
        p->blanks += at ? 1 : indent;
        at += at ? 1 + width : indent + width;
        emit(p, style, word);
        text += length;
    }
    if (at)
        assay_printer_end(p);
}
