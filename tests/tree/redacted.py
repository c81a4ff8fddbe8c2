#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A secret of kernels/service/secret.h cannot be printed by mistake: the compiler says so.

usage: redacted.py SOURCE COMPILER..."""
import subprocess
import sys

BEGIN = """
#include "kernels/service/secret.h"
#include "kernels/service/token.h"
#include <stdio.h>
void show(const struct assay_secret *s, const struct assay_token *t, const uint8_t *octets, char *out);
void show(const struct assay_secret *s, const struct assay_token *t, const uint8_t *octets, char *out)
{
    (void)s, (void)t, (void)octets, (void)out;
    %s
}
"""
GOOD = ('snprintf(out, 20, "%s", ASSAY_SHOWN(s));', 'snprintf(out, 20, "%s %s", ASSAY_SHOWN(t), ASSAY_SHOWN(&t->jws));')
BAD = ('snprintf(out, 20, "%s", *s);', 'snprintf(out, 20, "%s", s);', 'snprintf(out, 20, "%s", t);', 'snprintf(out, 20, "%zu", *s);',
       'snprintf(out, 20, "%s", ASSAY_SHOWN(octets));', 'snprintf(out, 20, "%s", ASSAY_SHOWN(out));')


def compiles(source, compiler, statement):
    command = [*compiler, "-std=gnu11", "-Wall", "-Werror=format", "-I", source, "-fsyntax-only", "-x", "c", "-"]
    return subprocess.run(command, input=BEGIN % statement, text=True, capture_output=True, check=False)


def main(source, *compiler):
    for statement in GOOD:
        done = compiles(source, compiler, statement)
        if done.returncode != 0:
            sys.exit("not ok: %s does not compile:\n%s" % (statement, done.stderr))
    for statement in BAD:
        if compiles(source, compiler, statement).returncode == 0:
            sys.exit("not ok: this compiles: " + statement)
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
