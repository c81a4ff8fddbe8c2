#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/module: what it refuses and how, and a real module built against a copy of the system's OpenSSL in a
# prefix, which must load its library from there.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data

fail() {
    echo "not ok: $*"
    exit 1
}

# refused EXIT-CODE TEXT ARGUMENT...: the script ends so, says so, and registers nothing.
refused()
{
    local want=$1 text=$2 rc=0
    shift 2
    "$top/scripts/module" "$@" >"$work/out" 2>&1 || rc=$?
    [ "$rc" = "$want" ] || fail "scripts/module $*: exit code $rc, not $want: $(cat "$work/out")"
    grep -qF -- "$text" "$work/out" || fail "scripts/module $*: says not '$text' but: $(cat "$work/out")"
    [ -z "$(find "$work" -name '*.so' -path '*assay*')" ] || fail "scripts/module $* left a module behind"
}

refused 2 'usage: scripts/module' openssl
refused 2 'valid ones: openssl boringssl ipsec-mb' nss "$work"
refused 1 "no folder $work/none" openssl "$work/none"
mkdir -p "$work/empty"
refused 1 'no header openssl/evp.h' openssl "$work/empty"
refused 1 'no header intel-ipsec-mb.h' ipsec-mb "$work/empty"
refused 1 "no BoringCrypto object of Go for $(uname -m)" boringcrypto "$work/empty"

pkg-config --exists libcrypto libssl || { echo "skipped: no OpenSSL development files"; exit 77; }
prefix=$work/openssl-copy
libdir=$(pkg-config --variable=libdir libcrypto)
mkdir -p "$prefix/include/openssl" "$prefix/lib64"
for dir in "$(pkg-config --variable=includedir libcrypto)" /usr/include/"$(cc -print-multiarch)"; do
    [ ! -d "$dir/openssl" ] || cp -L "$dir"/openssl/*.h "$prefix/include/openssl/"
done
refused 1 'neither libssl.so and libcrypto.so nor libssl.a and libcrypto.a' openssl "$prefix"
cp -P "$libdir"/lib{ssl,crypto}.so* "$prefix/lib64/"
refused 1 "scripts/module openssl $prefix" boringssl "$prefix"
refused 2 'cannot name an instance' openssl "$prefix" 'a/b'

"$top/scripts/module" openssl "$prefix" >"$work/out" 2>&1 || fail "does not build: $(cat "$work/out")"
module=$XDG_DATA_HOME/assay/backends/assay-backend-openssl-copy.so
[ -s "$module" ] || fail "no module at $module"
grep -q "uses $prefix/lib64/libcrypto.so" "$work/out" || fail "uses another library: $(cat "$work/out")"
grep -q -- '--instance openssl-copy' "$work/out" || fail "does not say what to type next"
[ "$(find "$XDG_DATA_HOME/assay/backends" -mindepth 1)" = "$module" ] || fail "files left beside the module"

# The loader finds no file of the SONAME in the prefix and takes the system's: told, and not registered.
rm -r "$XDG_DATA_HOME"
for lib in ssl crypto; do
    cp --remove-destination -L "$libdir/lib$lib.so" "$prefix/lib64/lib$lib.so"
    rm -f "$prefix/lib64/lib$lib.so".*
done
refused 1 "which is not in $prefix" openssl "$prefix"

# Go's object, where this machine has one: linked, and none of its symbols let out.
object=$("$top/backends/boringcrypto/find-object" "$(uname -m)" '' | head -n 1)
[ -n "$object" ] || exit 0
rm -f "$prefix"/lib64/*
"$top/scripts/module" boringcrypto "${object%/src/*}" go >"$work/out" 2>&1 || fail "does not build: $(cat "$work/out")"
python3 "$top/tests/tree/exports.py" "$XDG_DATA_HOME/assay/backends/assay-backend-go.so"
