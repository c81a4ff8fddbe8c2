/* SPDX-License-Identifier: Apache-2.0
 *
 * Key agreement. X25519: RFC 7748 §5.2 and §6.1. P-256: NIST CAVP (KAS ECC CDH primitive) and Project
 * Wycheproof (testvectors_v1/ecdh_secp256r1_ecpoint_test.json). The public values of RFC 7748 §5.2 and of
 * Wycheproof's scalars are not in the source: two libraries computed them alike.
 *
 * ALL KEYS HERE ARE TEST KEYS: each was published with its private half, and protects nothing.
 *
 * The first vector of each algorithm is the one that is timed.
 */
#include "kernels/vectors/asym.h"

const struct assay_kex_vector assay_kex_vectors[] = {
    {"RFC 7748 §6.1, Alice", ASSAY_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {"RFC 7748 §6.1, Bob", ASSAY_X25519, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {"RFC 7748 §5.2 #1", ASSAY_X25519, "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
     "1c9fd88f45606d932a80c71824ae151d15d73e77de38e8e000852e614fae7019",
     "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
     "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    {"RFC 7748 §5.2 #2", ASSAY_X25519, "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
     "ff63fe57bfbf43fa3f563628b149af704d3db625369c49983650347a6a71e00e",
     "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
     "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    {"NIST CAVP KAS ECC CDH P-256 count 0", ASSAY_ECDH_P256,
     "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534",
     "04ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b2"
     "3028af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce14051"
     "41",
     "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d2"
     "87db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4"
     "ac",
     "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"},
    {"Wycheproof ecdh_secp256r1_ecpoint tcId 1", ASSAY_ECDH_P256,
     "0612465c89a023ab17855b0a6bcebfd3febb53aef84138647b5352e02c10c346",
     "04b59cc7671dd6a6b836e2cd9396ef5618b2ff3e8192dd7c9d36c27cb56ff916"
     "614826d9dbd5ae64cdd8575068bbc9e63f231ea57ed03248844c09331b953920"
     "53",
     "0462d5bd3372af75fe85a040715d0f502428e07046868b0bfdfa61d731afe44f"
     "26ac333a93a9e70a81cd5a95b5bf8d13990eb741c8c38872b4a07d275a014e30"
     "cf",
     "53020d908b0219328b658b525f26780e3ae12bcd952bb25a93bc0895e1714285"},
    {"Wycheproof ecdh_secp256r1_ecpoint tcId 3", ASSAY_ECDH_P256,
     "0a0d622a47e48f6bc1038ace438c6f528aa00ad2bd1da5f13ee46bf5f633d71a",
     "0474618cbaaf69ff590f5fb58551ce4a948b5c7251d40e595a18b1ba6bbee6ad"
     "a5bff403a8e99d53a70d3ce4610bfd05d4ba3a8855b6a0d363c81f7d078cdecd"
     "92",
     "0458fd4168a87795603e2b04390285bdca6e57de6027fe211dd9d25e2212d29e"
     "62080d36bd224d7405509295eed02a17150e03b314f96da37445b0d1d29377d1"
     "2c",
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {0},
};
