#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/release: a real release, in folders of the test's own; skipped (77) where no mirror answers.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
unset ASSAY_BACKEND_PATH

fail() { echo "not ok: $*" >&2; exit 1; }

for bad in 'Trixie' '../x'; do
    rc=0
    "$top/scripts/release" "$bad" >/dev/null 2>"$work/told" || rc=$?
    { [ $rc = 2 ] && grep -qF -- "'$bad'" "$work/told"; } || fail "scripts/release $bad: exit code $rc: $(cat "$work/told")"
done

rc=0
"$top/scripts/release" trixie 2>"$work/told" || rc=$?
if [ $rc != 0 ]; then
    grep -qE 'no package lists|could not fetch|no libssl3t64|names no mirror|no Debian' "$work/told" || fail "scripts/release trixie: $(cat "$work/told")"
    echo "skipped: $(tail -n 1 "$work/told")"
    exit 77
fi

told=$("$build/assay" list --instances --instance openssl@trixie,openssl-fips@trixie,openssl-fips-strict@trixie,sodium@trixie)
grep -qE '^openssl@trixie +OpenSSL 3\.[5-9]' <<<"$told" || fail "openssl@trixie: $told"
[ "$(grep -c 'FIPS asked: yes, active: yes' <<<"$told")" = 2 ] || fail "FIPS is not active where it was asked for: $told"
grep -qE '^sodium@trixie +libsodium' <<<"$told" || fail "sodium@trixie: $told"

# Proved, and what FIPS refuses is told in the library's words.
told=$("$build/assay" check --instance openssl@trixie,openssl-fips@trixie,openssl-fips-strict@trixie --kernel \
    '^(aead.seal/[^/]*/64|hkdf/sha256/32|sign/(ed25519|rsa-2048-pss|ml-dsa-65)|kem|tls.handshake/tls13-full/ecdsa-p256/(p256|x25519mlkem768))/') ||
    fail "check: $told"
grep -qE '^openssl@trixie +[0-9]+ proved, 0 unsupported' <<<"$told" || fail "stock lacks something: $told"
[ "$(grep -c 'ChaCha20-Poly1305' <<<"$told")" = 2 ] || fail "the refusal of ChaCha20-Poly1305 is not told twice: $told"

# Asked for and not there is an error, not a fall-back.
broken=$work/broken.yaml
sed 's/openssl-fips@trixie/broken/; s/provider-modules: .*/provider-modules: \/no\/such/' "$XDG_DATA_HOME/assay/instances/trixie.yaml" >"$broken"
rc=0
told=$("$build/assay" list --config "$broken" --instances --instance broken 2>&1) || rc=$?
{ [ $rc = 1 ] && grep -q 'cannot be loaded.*fips' <<<"$told"; } || fail "FIPS that is not there: exit code $rc: $told"
