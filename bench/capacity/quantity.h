/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities as people write them, with their units: a number whose unit is missing is refused, not guessed.
 */
#ifndef ASSAY_QUANTITY_H
#define ASSAY_QUANTITY_H

#include <stdbool.h>

/* Each takes the whole text or nothing. On false *out is untouched. */
bool assay_quantity_count(const char *text, double *out); /* "2", "0.05": over 0, at most 1e6 */
bool assay_quantity_whole(const char *text, double *out); /* "16": a whole number, at most 1e6 */
bool assay_quantity_rate(const char *text, double *out);  /* "4000/s", "20/min", "7/h": in 1/s, over 0 */
bool assay_quantity_time(const char *text,
                         double *out); /* "150us", "20 ms", "2s": in ns, from 0 to an hour */
bool assay_quantity_share(const char *text, double *out);  /* "90%", "0.9": 0 … 1 */
bool assay_quantity_growth(const char *text, double *out); /* "40%": as a share, 0 … 100 */
bool assay_quantity_size(const char *text, double *out);   /* "16 KiB", "1350 B": in bytes, a whole number */
/* "0.04 EUR": a price and what it is in, at most 7 letters */
bool assay_quantity_price(const char *text, double *out, char currency[8]);

#endif
