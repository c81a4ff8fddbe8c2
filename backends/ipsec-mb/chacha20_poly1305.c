/* SPDX-License-Identifier: Apache-2.0
 *
 * One-shot ChaCha20-Poly1305 as a job: it completes within its submission, and costs about half of the three
 * direct calls below 2 KiB. Streams (in aead.c) go through those.
 */
#include "backends/ipsec-mb/ipsec_mb.h"

enum assay_rc assay_ipsec_mb_chacha(struct ipsec_mb_chacha *c, IMB_CIPHER_DIRECTION direction, uint8_t *out,
                                    uint8_t *tag, const uint8_t *nonce, struct assay_bytes in,
                                    struct assay_bytes aad)
{
    IMB_JOB *job = IMB_GET_NEXT_JOB(c->manager);
    job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job->cipher_direction = direction;
    job->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->enc_keys = job->dec_keys = c->key;
    job->key_len_in_bytes = sizeof c->key;
    job->src = assay_ipsec_mb_in(in.data);
    job->dst = out;
    job->cipher_start_src_offset_in_bytes = job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = job->msg_len_to_hash_in_bytes = in.size;
    job->iv = nonce;
    job->iv_len_in_bytes = ASSAY_NONCE_SIZE;
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = ASSAY_TAG_SIZE;
    job->u.CHACHA20_POLY1305.aad = assay_ipsec_mb_in(aad.data);
    job->u.CHACHA20_POLY1305.aad_len_in_bytes = aad.size;
    job = IMB_SUBMIT_JOB_NOCHECK(c->manager);
    if (__builtin_expect(job != NULL && job->status == IMB_STATUS_COMPLETED, 1))
        return ASSAY_OK;
    return assay_ipsec_mb_refused(c->manager, "a ChaCha20-Poly1305 job");
}
