/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of JSON for tokens over any octets: it takes what jansson takes, and finds the same in it.
 */
#include "tests/unit/json_differ.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool taken;
    if (!json_same(data, size, &taken))
        abort();
    return 0;
}
