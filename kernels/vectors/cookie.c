/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies and derived keys made by Python's hmac and cryptography, for the formats of kernels/service/.
 */
#include "kernels/vectors/service.h"

#include <stddef.h>

/* Name "session", key id "k3", key and nonce assay_fill() with 3 and 200. */
const struct assay_cookie_vector assay_cookie_vectors[] = {
    {"signed cookie of 0 bytes, by Python", 1, "", 1,
     "AQJrMwAAAAAAAAABO7exrjSEXjfYVBBKSk_ciNgphMHNYsbXg2-934yQag4"},
    {"sealed cookie of 0 bytes, by Python", 2, "", 1,
     "AgJrM8mSxcjj9BM_2dP3JDZkzQTcoe5WIxCZ5DMsHgvSv6SsYfDkhg"},
    {"signed cookie of 6 bytes, by Python", 1, "user=7", 1700003600,
     "AQJrMwAAAABlU_8QdXNlcj03KqOngAE6aqjmQdxcsIrur-Tqnn9D6IWCM_L19QWIvq0"},
    {"sealed cookie of 6 bytes, by Python", 2, "user=7", 1700003600,
     "AgJrM8mSxcjj9BM_2dP3JDZkzQS58hFHpLHGEaXnDD785ExnMdoW_QSjTqhRqw"},
    {"signed cookie of 43 bytes, by Python", 1, "a session's worth of state: user=7; cart=12", UINT64_MAX,
     "AQJrM___________YSBzZXNzaW9uJ3Mgd29ydGggb2Ygc3RhdGU6IHVzZXI9NzsgY2FydD0xMifhk3dF"
     "jQJP9Hcy1qoqkx29VA2BitKKMpAIevk6Obok"},
    {"sealed cookie of 43 bytes, by Python", 2, "a session's worth of state: user=7; cart=12", UINT64_MAX,
     "AgJrM8mSxcjj9BM_2dP3JMmbMvsjXhGosOLQBuujhqqt_kYXSZxcKBrLFauX9ETriVS84UkN4hT7iXu-"
     "2Ky2oz55uWeskfshV39dudo15wbuQAU"},
    {NULL, 0, NULL, 0, NULL}};

/* Master key assay_fill() with 300; no salt. */
const struct assay_separate_vector assay_separate_vectors[] = {
    {"sign key of 2026-11, by Python", "sign", "2026-11",
     "1b26a4a4a1e3e161d7b791da14405f61ff041de6039a8511d284c41a4edac7e2"},
    {"seal key of 2026-11, by Python", "seal", "2026-11",
     "ffa0f3475320c6dddb9f92c06afb6c02a15e4bb86174e97f6bd0adc81a910ccf"},
    {"wrap key of 2026-11, by Python", "wrap", "2026-11",
     "12ffacba7272806a7c7e0e63194b905430395ba03a1f7c504cc16c3d76c90dd3"},
    {"token key of 2026-11, by Python", "token", "2026-11",
     "eb722f0c5d849c2fb558653bc168d7072bd9e8272dba6c0c46672042b37d3bb7"},
    {NULL, NULL, NULL, NULL}};
