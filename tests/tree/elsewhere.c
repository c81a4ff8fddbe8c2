/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest module, as one writes it out of the tree: no operations, and the installed header alone.
 */
#include <assay/backend.h>

#include <stdio.h>

static enum assay_rc create(const struct assay_host *host, const struct assay_option *options, size_t count,
                            assay_instance **out)
{
    static char instance;
    (void)host, (void)options;
    *out = count == 0 ? (assay_instance *)(void *)&instance : NULL;
    return count == 0 ? ASSAY_OK : ASSAY_INPUT;
}

static void destroy(assay_instance *instance)
{
    (void)instance;
}

static enum assay_rc identify(assay_instance *instance, struct assay_identity *out)
{
    (void)instance;
    snprintf(out->library, sizeof out->library, "elsewhere");
    snprintf(out->version, sizeof out->version, "1");
    return ASSAY_OK;
}

static bool supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                     size_t why_size)
{
    (void)instance, (void)op, (void)alg;
    snprintf(why, why_size, "it does nothing");
    return false;
}

static const char *last_error(assay_instance *instance)
{
    (void)instance;
    return "it has no options";
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = offsetof(struct assay_backend, tune), /* as with a header that had no such field yet */
    .name = "elsewhere",
    .create = create,
    .destroy = destroy,
    .identify = identify,
    .supports = supports,
    .last_error = last_error,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &backend : NULL;
}
