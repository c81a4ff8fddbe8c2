/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/secret.h"

#include <string.h>

bool assay_secret_set(struct assay_secret *s, const void *octets, size_t size)
{
    assay_secret_wipe(s);
    if (size == 0 || size > sizeof s->octets)
        return false;
    memcpy(s->octets, octets, s->size = size);
    return true;
}

void assay_secret_wipe(struct assay_secret *s)
{
    explicit_bzero(s, sizeof *s);
}

bool assay_same_secret(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t differ = 0;
    for (size_t i = 0; i < size; i++)
        differ |= (uint8_t)(x[i] ^ y[i]);
    return differ == 0;
}
