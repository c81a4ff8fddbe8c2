/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap: RFC 3394 and RFC 5649 (whose examples have a 192-bit KEK), and from C2SP Wycheproof
 * (testvectors_v1/aes_wrap_test.json and aes_kwp_test.json, Apache-2.0; the numbers are their tcId) 256-bit
 * KEKs and wrapped keys that must be refused: those have no plaintext.
 */
#include "kernels/vectors/vectors.h"

const struct assay_wrap_vector assay_wrap_vectors[] = {
    {"RFC 3394 §4.1", ASSAY_AES_KW, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
     "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
    {"RFC 3394 §4.2", ASSAY_AES_KW, "000102030405060708090a0b0c0d0e0f1011121314151617",
     "00112233445566778899aabbccddeeff", "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"},
    {"RFC 3394 §4.3", ASSAY_AES_KW, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff", "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"},
    {"RFC 3394 §4.4", ASSAY_AES_KW, "000102030405060708090a0b0c0d0e0f1011121314151617",
     "00112233445566778899aabbccddeeff0001020304050607",
     "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2"},
    {"RFC 3394 §4.5", ASSAY_AES_KW, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff0001020304050607",
     "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1"},
    {"RFC 3394 §4.6", ASSAY_AES_KW, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
     "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b"
     "fb988b9b7a02dd21"},
    {"Wycheproof aes_wrap 104", ASSAY_AES_KW,
     "38e1b1d075d9d852b9a6c01c8ff6965af01bac457a4e339ae3e1d7b2ffacc0cd",
     "80ad6820f1c90981e2ca42b817a345c1179d0a11d8e23a8adc0505e13d87295a",
     "7155ee932b0358d98182a23f7f427c774ab340a4757d0b6a63facd3de9057843"
     "8cf03201c3f88057"},
    {"Wycheproof aes_wrap 129 (byte 0 in IV changed)", ASSAY_AES_KW,
     "4f710eb6b5e28703becfc3dc52fa8bc1dd44a4a6d38a84b4f94e89ac32d987e7", NULL,
     "dd78ebd3091c55a5da5b24504200f7fadd1b3ac6ad35f814f733e603c1393624"
     "5d69d83f262f6b1e"},
    {"Wycheproof aes_wrap 150 (byte 7 in IV changed)", ASSAY_AES_KW,
     "4f710eb6b5e28703becfc3dc52fa8bc1dd44a4a6d38a84b4f94e89ac32d987e7", NULL,
     "99d517a1321bb633b0d5f3afda2372d3abf68b41d13cbfdffc78f173b88bc4b9"
     "7efcab2b2904788d"},
    {"Wycheproof aes_wrap 156 (IV changed to RFC 5649 padding)", ASSAY_AES_KW,
     "4f710eb6b5e28703becfc3dc52fa8bc1dd44a4a6d38a84b4f94e89ac32d987e7", NULL,
     "5bb54630ab8d73a040f0f87e70e263d1aeb2358bcdc0dce6994d0d874452bbd8"
     "741b7ec1d59d8298"},
    {"RFC 5649 §6 (20 octets)", ASSAY_AES_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
     "c37b7e6492584340bed12207808941155068f738",
     "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"},
    {"RFC 5649 §6 (7 octets)", ASSAY_AES_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
     "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"},
    {"Wycheproof aes_kwp 167", ASSAY_AES_KWP,
     "38e1b1d075d9d852b9a6c01c8ff6965af01bac457a4e339ae3e1d7b2ffacc0cd",
     "80ad6820f1c90981e2ca42b817a345c1179d0a11d8e23a8adc0505e13d87295a",
     "b63b7e0fec7e315816233db6758fd3e744b9f6a40862bdf866487e53bcb950d8"
     "b2649269e51b4475"},
    {"Wycheproof aes_kwp 185", ASSAY_AES_KWP,
     "1abf4b7fa2bb62a78f09ddab04625dcacdd9e551d1a69b6b162baa53d2700093", "72aaee126a822184806c7d22eed66b",
     "de497acf18a177a3a9b3d8da46d74dfa58dcc537a3a95323"},
    {"Wycheproof aes_kwp 225 (Modified IV)", ASSAY_AES_KWP,
     "4f710eb6b5e28703becfc3dc52fa8bc1dd44a4a6d38a84b4f94e89ac32d987e7", NULL,
     "b0116ad877c745d609f7df14b9225a2d69ab56f2e74077e34607b4e75a288344"
     "2864f17ca19af259"},
    {"Wycheproof aes_kwp 235 (Modified Padding)", ASSAY_AES_KWP,
     "4f710eb6b5e28703becfc3dc52fa8bc1dd44a4a6d38a84b4f94e89ac32d987e7", NULL,
     "9220a6eb9c77a3d6374647afa7a3effb99be7e1f7bafeca8a1bbd93e8adcca6e"
     "570484008ee674ca"},
    {"Wycheproof aes_kwp 240 (padding too long)", ASSAY_AES_KWP,
     "48a53c11ef2d727db7eb9a834b134ea9602273aca929702eb2c31d96a58c9be2", NULL,
     "791f088847a76731e0d56b9b2dcb28bf9f091a9725790e0a64fc8e7cb3ad50f3"
     "80297a98e3b1c33e"},
    {"Wycheproof aes_kwp 247 (data is incorrectly padded)", ASSAY_AES_KWP,
     "48a53c11ef2d727db7eb9a834b134ea9602273aca929702eb2c31d96a58c9be2", NULL,
     "5c25a170d5225a6d66e117c691b37383"},
    {0},
};
