/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures as people read them: three significant digits and a unit; and columns that count characters, not
 * bytes.
 */
#ifndef ASSAY_REPORT_FORMAT_H
#define ASSAY_REPORT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ASSAY_FORMAT_SIZE 32

/* "0.447", "11.1", "286", "1234" */
void assay_format_figure(double value, char out[ASSAY_FORMAT_SIZE]);
/* With a decimal prefix: 11100000, "/s" -> "11.1 M/s" */
void assay_format_scaled(double value, const char *unit, char out[ASSAY_FORMAT_SIZE]);
/* "1.83 ns", "52.0 µs", "150 ms", "2.10 s" */
void assay_format_time(double ns, char out[ASSAY_FORMAT_SIZE]);
/* "16 B", "1350 B", "16 KiB", "1 MiB" */
void assay_format_size(unsigned long long bytes, char out[ASSAY_FORMAT_SIZE]);
/* A library and its version in one: "OpenSSL 3.0.19", and not twice the name that most versions begin with */
void assay_format_library(const char *library, const char *version, char *out, size_t size);
/* Characters, as columns of a terminal */
size_t assay_format_width(const char *text);

struct assay_printer { /* holds blanks back until something follows them: no line ends in blanks */
    FILE *out;
    bool colour;
    size_t blanks;
};

enum assay_style { ASSAY_PLAIN = 0, ASSAY_BOLD, ASSAY_DIM, ASSAY_GOOD, ASSAY_BAD, ASSAY_ALARM };

void assay_printer_left(struct assay_printer *p, size_t width, enum assay_style style, const char *text);
void assay_printer_right(struct assay_printer *p, size_t width, enum assay_style style, const char *text);
void assay_printer_end(struct assay_printer *p);
/* Running text, wrapped at columns, each line indented */
void assay_printer_wrap(struct assay_printer *p, size_t indent, size_t columns, enum assay_style style,
                        const char *text);

#endif
