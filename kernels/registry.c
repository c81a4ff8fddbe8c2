/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kernel. A new kernel adds its file and one line here.
 */
#include "kernels/kernels.h"

#include <string.h>

const struct assay_kernel *const assay_kernels[] = {
    &assay_aead_seal,
    &assay_aead_open,
    &assay_aead_rekey,
    &assay_aead_stream,
    &assay_aead_seal_fetch,
    &assay_aead_seal_batch,
    &assay_aead_seal_keys,
    &assay_aead_seal_large,
    &assay_aead_open_large,
    &assay_hash_digest,
    &assay_mac_compute,
    &assay_mac_batch,
    &assay_hkdf,
    &assay_hkdf_batch,
    &assay_wrap_wrap,
    &assay_wrap_unwrap,
    &assay_envelope_seal_kernel,
    &assay_envelope_open_kernel,
    &assay_envelope_rewrap_kernel,
    &assay_sign,
    &assay_verify,
    &assay_keygen,
    &assay_kex_agree,
    &assay_kem_kernel,
    &assay_tls_handshake,
    &assay_tls_record,
    &assay_kms_wrap,
    &assay_kms_sign,
    &assay_kms_hop,
    &assay_envelope_cached,
    &assay_envelope_stampede,
    &assay_envelope_traffic,
    &assay_column,
    &assay_file_seal_kernel,
    &assay_rewrap_bulk,
    &assay_password_hash,
    &assay_cookie_signed,
    &assay_cookie_sealed,
    &assay_session_store,
    &assay_hkdf_separate,
    &assay_token_sign_kernel,
    &assay_token_verify_kernel,
    &assay_token_refresh,
    &assay_keyset_rotate,
    &assay_audit_append_kernel,
    &assay_metrics_count_kernel,
    &assay_cert_issue,
    &assay_mtls_reload,
    NULL,
};

const struct assay_kernel *assay_kernel_find(const char *id)
{
    for (size_t i = 0; assay_kernels[i]; i++)
        if (strcmp(assay_kernels[i]->id, id) == 0)
            return assay_kernels[i];
    return NULL;
}
