/* SPDX-License-Identifier: Apache-2.0
 *
 * Times of certificates. The calendar is computed here: timegm() and gmtime_r() are neither strict nor in
 * C11.
 */
#include "kernels/service/x509.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400

/* Days from 1970-01-01, in years that begin in March, so that a leap day ends its year. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

size_t assay_x509_write_time(int64_t seconds, char *text, uint8_t *tag)
{
    int64_t days = seconds / DAY, rest = seconds % DAY, year = 1970 + days / 366;
    while (days_of(year + 1, 1, 1) <= days)
        year++;
    int month = 12;
    while (days_of(year, month, 1) > days)
        month--;
    char full[32];
    int size = snprintf(full, sizeof full, "%04u%02u%02u%02u%02u%02uZ", (unsigned)year % 10000u,
                        (unsigned)month, (unsigned)(days - days_of(year, month, 1) + 1) % 100u,
                        (unsigned)(rest / 3600), (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
    size_t skip = year < 2050 ? 2 : 0;
    *tag = year < 2050 ? 0x17 : 0x18;
    memcpy(text, full + skip, (size_t)size - skip);
    return (size_t)size - skip;
}

static bool digits(const uint8_t *text, size_t count, int *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value * 10 + text[i] - '0';
    }
    return true;
}

bool assay_x509_read_time(uint8_t tag, struct assay_bytes text, int64_t *seconds)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    size_t of_year = tag == 0x17 ? 2 : 4;
    int year, part[5];
    if ((tag != 0x17 && tag != 0x18) || text.size != of_year + 11 || text.data[text.size - 1] != 'Z' ||
        !digits(text.data, of_year, &year))
        return false;
    for (size_t i = 0; i < 5; i++)
        if (!digits(text.data + of_year + 2 * i, 2, &part[i]))
            return false;
    if (tag == 0x17)
        year += year < 50 ? 2000 : 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if ((tag == 0x18 && year < 2050) || part[0] < 1 || part[0] > 12 || part[1] < 1 ||
        part[1] > lengths[part[0] - 1] + (leap && part[0] == 2) || part[2] > 23 || part[3] > 59 ||
        part[4] > 59)
        return false;
    *seconds = days_of(year, part[0], part[1]) * DAY + part[2] * 3600 + part[3] * 60 + part[4];
    return true;
}
