/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF: RFC 5869 has SHA-256 only, so SHA-384 is from C2SP Wycheproof, testvectors_v1/hkdf_sha384_test.json
 * (Apache-2.0); the numbers are its tcId.
 */
#include "kernels/vectors/vectors.h"

const struct assay_hkdf_vector assay_hkdf_vectors[] = {
    {"RFC 5869 §A.1", ASSAY_HKDF_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
     "34007208d5b887185865"},
    {"RFC 5869 §A.2", ASSAY_HKDF_SHA256,
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
     "404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
     "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
     "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
     "cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"RFC 5869 §A.3", ASSAY_HKDF_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
     "9d201395faa4b61a96c8"},
    {"Wycheproof hkdf_sha384 3", ASSAY_HKDF_SHA384, "a4748031a14d3e6aafe42aa20c568f5f", "", "",
     "61c0d2797276f1b789397e5a4be75c961a77bdbad4cca2bd9a4160cb85fafb1b"
     "32f95d610c58766f29769d0c68b0bcfb15916d49b72e52ad2f3e7315618175d3"},
    {"Wycheproof hkdf_sha384 9", ASSAY_HKDF_SHA384, "529e91a61895f1c4ceb5b6994f48783b",
     "12e4ae515328983bab2d88da3cb32a95", "",
     "9806d5f9c7636f589a340b775b74fac64880948d12c3a4545a9a4963b5bf4b8c"
     "90c3fb51a5d39dae5213ec31b55b587decfd6e361cc856b89c07c6e93ef165f9"},
    {"Wycheproof hkdf_sha384 12", ASSAY_HKDF_SHA384, "7a00817689a3d79001825a864c69c120",
     "08bc01c053a6406c7c4a667c9b9b3894", "967ccd75395be6e96a67759f070487c9e2107791",
     "bd02e16b6024f2c3b752d1c1d3047583697731915fbbb34418f479b0c9bf84a8"
     "6bd8e715eca198da8f9b39b25a1229c311853f862340cdefe46ddf41dcf256d9"},
    {"Wycheproof hkdf_sha384 18", ASSAY_HKDF_SHA384, "d515f58eed428b2bac233c8538580e2f",
     "c2a3ad9db6621fceb7498c0e6287522077acd2d47b55c09d52e114943b37",
     "14de8cffd89e49275f69d2e1e6b43fa0c3775451",
     "93cde84c4c867cd78c2bc028d97e2be987e1ca0803c03cd8fb643c3c60ef4da6"
     "8cd2557a2e3f26dc08b5106f4c000927e63845b6313a793a095f902ff5279af4"},
    {"Wycheproof hkdf_sha384 20", ASSAY_HKDF_SHA384, "24a37db03dbcffbe9e28d582d0d8c60a",
     "4c3d3b4f5436418713fbe2fbc4d647095ce5d5392dcfffd20327187e14fb6836"
     "0b94c5122203292d8b648a754ab70f6d3d61e0650f06d55c4b5762cba0231e27",
     "8cd9e7b786a74bd370bae434e31a559bdf75d65f",
     "f96e579b4f583cce512cc410132c5b89054d952b0b6964ce8fb1d37808f43f8a"
     "7b8739a1c78c77771107"},
    {0},
};
