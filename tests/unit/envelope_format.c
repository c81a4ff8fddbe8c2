/* SPDX-License-Identifier: Apache-2.0
 *
 * Parsing envelopes: what was written is read back, at every size of key id; whatever is short or out of
 * range is refused. Each input has its own heap block of its exact size, so that a sanitizer sees a read
 * beyond it.
 */
#include "kernels/envelope_format.h"
#include "kernels/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE 20u

static unsigned checks, failures;

static void check(bool ok, const char *what, unsigned suite, size_t size)
{
    checks++;
    if (!ok) {
        failures++;
        printf("suite %u, %zu: %s\n", suite, size, what);
    }
}

static bool parses(const uint8_t *in, size_t size, struct assay_envelope_view *view)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, in, size);
    bool ok = assay_envelope_parse(exact, size, view);
    if (ok && view->sealed.data + view->sealed.size != exact + size)
        ok = false;
    free(exact); /* the view's sizes stay of use */
    return ok;
}

static void one_size(enum assay_envelope_suite suite, size_t id_size)
{
    uint8_t in[512], id[ASSAY_ENVELOPE_ID_MAX];
    struct assay_envelope_view view;
    size_t size = assay_envelope_size(suite, id_size, MESSAGE);
    assay_fill(in, sizeof in, 1);
    assay_fill(id, sizeof id, 2);
    uint8_t *wrapped = assay_envelope_put_head(in, suite, id, id_size);
    check(parses(in, size, &view), "a right envelope is refused", suite, id_size);
    check(view.suite == suite && view.id.size == id_size && view.sealed.size == MESSAGE + ASSAY_TAG_SIZE &&
              view.wrapped.size == assay_envelope_wrapped_size(suite),
          "a field has another size", suite, id_size);
    check(assay_envelope_parse(in, size, &view) && memcmp(view.id.data, id, id_size) == 0 &&
              view.wrapped.data == wrapped && view.nonce == wrapped + view.wrapped.size &&
              view.sealed.data == view.nonce + ASSAY_NONCE_SIZE,
          "a field is elsewhere", suite, id_size);
    for (size_t n = 0; n < size - MESSAGE; n++)
        check(!parses(in, n, &view), "a truncated envelope is taken", suite, n);
    check(parses(in, size - MESSAGE, &view), "the envelope of an empty message is refused", suite, id_size);
}

static void out_of_range(void)
{
    uint8_t in[512] = {0};
    struct assay_envelope_view view;
    assay_envelope_put_head(in, ASSAY_ENVELOPE_KW, in + 300, 16);
    for (unsigned b = 0; b < 256; b++) {
        in[0] = (uint8_t)b;
        check(parses(in, sizeof in, &view) == (b == ASSAY_ENVELOPE_VERSION), "version", b, 0);
        in[0] = ASSAY_ENVELOPE_VERSION;
        in[1] = (uint8_t)b;
        check(parses(in, sizeof in, &view) == (b == ASSAY_ENVELOPE_GCM || b == ASSAY_ENVELOPE_KW), "suite", b,
              0);
        in[1] = ASSAY_ENVELOPE_KW;
        in[2] = (uint8_t)b;
        check(parses(in, sizeof in, &view) == (b >= 1 && b <= ASSAY_ENVELOPE_ID_MAX), "size of the key id", b,
              0);
        in[2] = 16;
    }
}

int main(void)
{
    for (size_t id_size = 1; id_size <= ASSAY_ENVELOPE_ID_MAX; id_size++) {
        one_size(ASSAY_ENVELOPE_GCM, id_size);
        one_size(ASSAY_ENVELOPE_KW, id_size);
    }
    out_of_range();
    printf("%u checks, %u failed\n", checks, failures);
    return failures > 0;
}
