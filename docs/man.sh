#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A man page from a program's own --help, so that the two cannot differ; run by the build.
#
#   man.sh PROGRAM VERSION "WHAT IT IS" OUTPUT
#
# Where the help lists verbs, each verb's own help follows in a section of its own; examples keep their lines.
set -euo pipefail
program=$(realpath "$1") version=$2 summary=$3 output=$4
name=${program##*/}
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# section TITLE: its text from stdin, as it stands. A line that begins with a dot or a quote is a request to roff.
section()
{
    printf '[%s]\n.nf\n' "$1"
    sed -e 's/\\/\\e/g; s/-/\\-/g' -e "s/^[.']/\\\\\&&/"
    printf '.fi\n\n'
}

help=$("$program" --help)
next='^What to type next:'
mapfile -t verbs < <(sed -n "/^Usage: .* VERB/,/$next/s/^  \([a-z]\{1,\}\)  .*/\1/p" <<<"$help")
for verb in "${verbs[@]}"; do
    "$program" "$verb" --help | section "$name $verb" >>"$work/more"
done
if grep -q "$next" <<<"$help"; then
    sed -n "/$next/,\${/$next/!p}" <<<"$help" | section examples >>"$work/more"
fi
include=()
[ ! -e "$work/more" ] || include=(--include "$work/more")

# help2man asks a program for its help: this one leaves out what has a section of its own.
cat >"$work/$name" <<END
#!/bin/sh
"$program" --help | sed '/$next/,\$d'
END
chmod +x "$work/$name"
help2man --no-info --section 1 --source "assay $version" --version-string "$version" --name "$summary" \
    "${include[@]}" --output "$output" "$work/$name"
