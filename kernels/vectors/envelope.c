/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes of one message: by suite, under one KEK and rewrapped under another. The format is assay's own,
 * so the source is two libraries that agreed on every part: AES-256-GCM of OpenSSL and libsodium, AES-KW of
 * OpenSSL and BoringSSL, each called directly and the parts put together by a script. Test keys all.
 */
#include "kernels/vectors/envelope.h"

const char *const assay_envelope_vector_dek =
    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
const char *const assay_envelope_vector_nonce = "606162636465666768696a6b";
const char *const assay_envelope_vector_aad = "7265636f72642037206f66207461626c65206163636f756e7473";
const char *const assay_envelope_vector_message =
    "54686520717569636b2062726f776e20666f78206a756d7073206f7665722074"
    "6865206c617a7920646f672e";

const struct assay_envelope_vector assay_envelope_vectors[] = {
    {.suite = ASSAY_ENVELOPE_GCM,
     .kek = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     .id = "6b656b2d323032362d31312d61",
     .wrap_nonce = "a0a1a2a3a4a5a6a7a8a9aaab",
     .envelope = "01010d6b656b2d323032362d31312d61a0a1a2a3a4a5a6a7a8a9aaaba6593e6e"
                 "018e44f82a2ccd984b378e9120fd0b43c6e2143bc4577cdd23f62b5eea72067e"
                 "cfe8a0deeeda20965a6cfd33606162636465666768696a6bf8406c2576e1f9c5"
                 "62a11b446af1322b694396317d4bfc7e7d5aa4ceceb0278f488acd721ab1a6a9"
                 "cc96c706c7ebc3915dd06c7417c797c14f2af3bd"},
    {.suite = ASSAY_ENVELOPE_GCM,
     .kek = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     .id = "6b656b2d323032362d31312d62",
     .wrap_nonce = "b0b1b2b3b4b5b6b7b8b9babb",
     .envelope = "01010d6b656b2d323032362d31312d62b0b1b2b3b4b5b6b7b8b9babb326011c0"
                 "a375768038c5f1b4ebb5ade925620eac6edb1c4d73e6afc2e84a41e5a767c6fa"
                 "eb6462ffb79722c0e4f0c37d606162636465666768696a6bf8406c2576e1f9c5"
                 "62a11b446af1322b694396317d4bfc7e7d5aa4ceceb0278f488acd721ab1a6a9"
                 "cc96c706c7ebc3915dd06c7417c797c14f2af3bd"},
    {.suite = ASSAY_ENVELOPE_KW,
     .kek = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     .id = "6b656b2d323032362d31312d61",
     .wrap_nonce = "a0a1a2a3a4a5a6a7a8a9aaab",
     .envelope = "01020d6b656b2d323032362d31312d61bd2a276ae8c7464c7e8b396674ac6e0e"
                 "9558c84c6009b3fa413cf06a67a200823e4d720df2419fa96061626364656667"
                 "68696a6bf8406c2576e1f9c562a11b446af1322b694396317d4bfc7e7d5aa4ce"
                 "ceb0278f488acd721ab1a6a9cc96c70639c7034d8c968c26e0d5820e9e72d83e"},
    {.suite = ASSAY_ENVELOPE_KW,
     .kek = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     .id = "6b656b2d323032362d31312d62",
     .wrap_nonce = "b0b1b2b3b4b5b6b7b8b9babb",
     .envelope = "01020d6b656b2d323032362d31312d629b169301e574abf4cb4bd821e878c57a"
                 "73ba8f9a6b1c544c36e22a8d5ac054e7d685929ed5632a396061626364656667"
                 "68696a6bf8406c2576e1f9c562a11b446af1322b694396317d4bfc7e7d5aa4ce"
                 "ceb0278f488acd721ab1a6a9cc96c70639c7034d8c968c26e0d5820e9e72d83e"},
};
