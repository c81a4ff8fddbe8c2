/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels that registry.c lists, each defined in the file of its family.
 */
#ifndef ASSAY_KERNELS_H
#define ASSAY_KERNELS_H

#include "kernels/kernel.h"

/* aead.c */
extern const struct assay_kernel assay_aead_seal, assay_aead_open, assay_aead_rekey, assay_aead_stream,
    assay_aead_seal_fetch, assay_aead_seal_large, assay_aead_open_large;
/* aead_batch.c, mac_batch.c, hkdf_batch.c */
extern const struct assay_kernel assay_aead_seal_batch, assay_aead_seal_keys, assay_mac_batch,
    assay_hkdf_batch;
/* hash.c */
extern const struct assay_kernel assay_hash_digest;
/* mac.c */
extern const struct assay_kernel assay_mac_compute;
/* hkdf.c */
extern const struct assay_kernel assay_hkdf;
/* wrap.c */
extern const struct assay_kernel assay_wrap_wrap, assay_wrap_unwrap;
/* envelope.c */
extern const struct assay_kernel assay_envelope_seal_kernel, assay_envelope_open_kernel,
    assay_envelope_rewrap_kernel;
/* sign.c */
extern const struct assay_kernel assay_sign, assay_verify;
/* keygen.c */
extern const struct assay_kernel assay_keygen;
/* kex.c */
extern const struct assay_kernel assay_kex_agree;
/* kem.c */
extern const struct assay_kernel assay_kem_kernel;
/* tls_handshake.c */
extern const struct assay_kernel assay_tls_handshake;
/* tls_record.c */
extern const struct assay_kernel assay_tls_record;
/* service/cookie_kernels.c */
extern const struct assay_kernel assay_cookie_signed, assay_cookie_sealed;
/* service/audit_kernel.c */
extern const struct assay_kernel assay_audit_append_kernel;
/* service/cert_issue.c */
extern const struct assay_kernel assay_cert_issue;
/* service/mtls_reload.c */
extern const struct assay_kernel assay_mtls_reload;
/* service/session.c */
extern const struct assay_kernel assay_session_store;
/* service/separate.c */
extern const struct assay_kernel assay_hkdf_separate;
/* service/token_kernels.c */
extern const struct assay_kernel assay_token_sign_kernel, assay_token_verify_kernel;
/* service/refresh_kernel.c */
extern const struct assay_kernel assay_token_refresh;
/* service/keyset_rotate.c */
extern const struct assay_kernel assay_keyset_rotate;

/* service/file_kernel.c */
extern const struct assay_kernel assay_file_seal_kernel;
/* service/kms.c */
extern const struct assay_kernel assay_kms_wrap, assay_kms_sign, assay_kms_hop;
/* service/column_kernel.c */
extern const struct assay_kernel assay_column;
/* service/metrics_kernel.c */
extern const struct assay_kernel assay_metrics_count_kernel;
/* service/envelope_cached.c */
extern const struct assay_kernel assay_envelope_cached;
/* service/envelope_stampede.c */
extern const struct assay_kernel assay_envelope_stampede;
/* service/envelope_traffic.c */
extern const struct assay_kernel assay_envelope_traffic;
/* service/password.c */
extern const struct assay_kernel assay_password_hash;
/* service/rewrap.c */
extern const struct assay_kernel assay_rewrap_bulk;

#endif
