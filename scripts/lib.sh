# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts share: the one list of Debian packages, installing what is missing of it, and the build
# folders. Sourced, never run. scripts/deps is its front for the command line.

set -euo pipefail
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Needed to build and to run the comparison.
packages_run=(
    gcc g++ libc6-dev binutils meson ninja-build pkg-config git python3 python3-jsonschema
    libssl-dev openssl libsodium-dev libjansson-dev libsqlite3-dev libhwloc-dev libmd-dev libcyaml-dev libyaml-dev
    libcmocka-dev libbenchmark-dev libbenchmark-tools gnuplot-nox hyperfine
    libp11-kit-dev softhsm2 libhiredis-dev libpq-dev
)
# What scripts/test needs besides.
packages_test=(
    clang clang-format clang-tidy libclang-rt-dev nettle-dev redis-server postgresql prometheus cppcheck shellcheck valgrind libc6-dbg help2man
)
# What scripts/peers needs besides, to build a library from source.
packages_peers=(cmake)
# Of one architecture or another only; left out elsewhere, with a note, and the build does without.
packages_ipsec_mb=(libipsec-mb-dev)
packages_amd64=(bochs bochs-term xorriso gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
packages_boringssl=(android-libboringssl-dev)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "${0##*/}: $*"
    exit 1
}

# deps_list run|test|peers: the packages for this machine, one a line.
deps_list()
{
    local arch
    arch=$(dpkg --print-architecture 2>/dev/null || uname -m)
    printf '%s\n' "${packages_run[@]}"
    case $arch in
        amd64 | x86_64 | arm64 | aarch64) printf '%s\n' "${packages_boringssl[@]}" ;;
        *) say "note: Debian has BoringSSL on amd64 and arm64 only; $arch does without that backend" ;;
    esac
    case $arch in
        amd64 | x86_64) printf '%s\n' "${packages_ipsec_mb[@]}" ;;
    esac
    [ "$1" != peers ] || printf '%s\n' "${packages_peers[@]}"
    [ "$1" = test ] || return 0
    printf '%s\n' "${packages_test[@]}"
    case $arch in
        amd64 | x86_64) printf '%s\n' "${packages_amd64[@]}" ;;
    esac
}

# Without apt there is no package to ask for: look for what the build itself cannot do without.
deps_probe()
{
    local missing=() tool lib
    for tool in cc c++ meson ninja pkg-config python3; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    for lib in jansson sqlite3 hwloc libmd libcyaml yaml-0.1 cmocka; do
        pkg-config --exists "$lib" 2>/dev/null || missing+=("lib:$lib")
    done
    say "no apt here. assay is built with these, by their Debian names:"
    say "$1" | fmt -w 100 >&2
    [ ${#missing[@]} -eq 0 ] || die "install by hand what is missing (${missing[*]}), then start again"
}

# deps_ensure run|test|peers: installs what is missing. Sets deps_changed=1 when it did.
deps_changed=0
deps_ensure()
{
    local wanted missing as_root=()
    wanted=$(deps_list "$1" | tr '\n' ' ')
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        deps_probe "$wanted"
        return
    fi
    # shellcheck disable=SC2086 # a list of words
    missing=$(comm -23 <(printf '%s\n' $wanted | sort) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u))
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "not root and no sudo; run as root: apt-get install" "$(tr '\n' ' ' <<<"$missing")"
        as_root=(sudo)
        [ -t 0 ] || as_root=(sudo -n)
    fi
    say "installing with apt:" "$(tr '\n' ' ' <<<"$missing")"
    # A third-party source that is down must not stop us while Debian's own answers: install decides.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update >&2 ||
        say "apt-get update reported an error; going on with the lists that are there"
    # shellcheck disable=SC2086 # a list of words
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install $missing >&2 </dev/null ||
        die "apt could not install what is missing"
    deps_changed=1
}

# quietly COMMAND...: shows what the command prints only when it fails.
quietly()
{
    local log rc=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || rc=$?
    [ "$rc" = 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$rc"
}

# build_ready DIR [MESON-OPTION...]: DIR configured and compiled, whatever state it was in; all of it, or the targets
# named in build_targets.
build_targets=()
build_ready()
{
    local name=$1 dir=$top/$1
    shift
    if [ ! -e "$dir/build.ninja" ]; then
        say "configuring $name"
        quietly meson setup "$dir" "$top" "$@" || return
    elif [ "$deps_changed" = 1 ]; then
        # A library that has just come may bring a backend; Meson looks again only when told to.
        quietly meson setup --reconfigure "$dir" "$top" || return
    fi
    say "building $name"
    quietly ninja -C "$dir" ${build_targets[@]+"${build_targets[@]}"}
}
