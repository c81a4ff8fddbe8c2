/* SPDX-License-Identifier: Apache-2.0
 *
 * What the drills of mutual TLS share.
 */
#ifndef ASSAY_DRILLS_MTLS_H
#define ASSAY_DRILLS_MTLS_H

#include "kernels/service/drill.h"
#include "kernels/service/mtls_site.h"

struct assay_drill_mtls {
    struct assay_drilling *d;
    struct assay_site site;
    struct assay_mtls_connection connection; /* of the last visit */
};

bool assay_drill_mtls_supported(struct assay_drilling *d, char *why, size_t why_size);
/* Opens the site, carries out the drill, closes the site, and says why where that failed. */
enum assay_rc assay_drill_mtls_run(struct assay_drilling *d, const struct assay_site_config *config,
                                   enum assay_rc (*drill)(struct assay_drill_mtls *)) ASSAY_MUST_CHECK;
/* A visit by this credential; NULL: the site's own client. */
enum assay_mtls_result assay_drill_visit(struct assay_drill_mtls *m,
                                         const struct assay_credential *credential) ASSAY_MUST_CHECK;
/* The site's own client, who must always be served. */
void assay_drill_good_visit(struct assay_drill_mtls *m);

#endif
