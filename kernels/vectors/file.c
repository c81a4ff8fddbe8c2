/* SPDX-License-Identifier: Apache-2.0
 *
 * Files sealed by Python's cryptography, for the format of kernels/service/file_seal.h: to Alice of RFC 7748
 * §6.1 with Bob's key as the ephemeral one. Each file is assay_fill() with 500.
 */
#include "kernels/vectors/service.h"

#include <stddef.h>

const struct assay_file_vector assay_file_vectors[] = {
    {"AES-256-GCM, 0 bytes, by Python", ASSAY_AES_256_GCM, 0,
     "f10a703a6189f8861147f448d7c8e2ff50bf35effc43c86c2ea87de7b4a08c61"},
    {"AES-256-GCM, 1 byte, by Python", ASSAY_AES_256_GCM, 1,
     "658c8eacdbd1a70d95e60b8649732d73d13209b2c981423f6a7f176ed6ba2da8"},
    {"AES-256-GCM, 65536 bytes, by Python", ASSAY_AES_256_GCM, 65536,
     "8d4f8908909f60ca2ec0bf247aa61bfb79ff1f57108dcb1e60a7d6c8cbe3a33d"},
    {"AES-256-GCM, 65537 bytes, by Python", ASSAY_AES_256_GCM, 65537,
     "5e8df29f807ad1731d4bb460da49ecf295958a3e00bfc04753aba3b602cdb79f"},
    {"AES-256-GCM, 196708 bytes, by Python", ASSAY_AES_256_GCM, 196708,
     "9d87fb132af7fbff08d1f49f4c4e8c923aac27612c6cfd6d133bd9c5fd5757c6"},
    {"ChaCha20-Poly1305, 0 bytes, by Python", ASSAY_CHACHA20_POLY1305, 0,
     "09220ad9d21ba6f25863c1ef1ce28557615c3d31ebc493211ae8f7f1c13717a1"},
    {"ChaCha20-Poly1305, 1 byte, by Python", ASSAY_CHACHA20_POLY1305, 1,
     "d40555cbcf49b967d604a5e9356d2a5ecda6ebda875653d47defcf60752ed97d"},
    {"ChaCha20-Poly1305, 65536 bytes, by Python", ASSAY_CHACHA20_POLY1305, 65536,
     "9600ac74f1f26444e0d8e4976f2c63643d2709b6c6ff57266ab4bb48e8354482"},
    {"ChaCha20-Poly1305, 65537 bytes, by Python", ASSAY_CHACHA20_POLY1305, 65537,
     "ba8e6f41ef14a65af321e27b5c09370da102f2c724e99935ed5db2d7658becd2"},
    {"ChaCha20-Poly1305, 196708 bytes, by Python", ASSAY_CHACHA20_POLY1305, 196708,
     "87565fd9f881c60d2b4e42bf257a0f3b22bbdc52c334bc71c629c671d12cb94a"},
    {NULL, ASSAY_ALG_NONE, 0, NULL}};
