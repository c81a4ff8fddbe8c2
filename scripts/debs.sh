# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Packages of any Debian release, fetched and unpacked in the cache, nothing installed: apt with lists, cache and
# sources of its own, so that no root is needed and the system does not change. The mirror is the one that the
# system's own apt uses. Sourced after lib.sh, never run. Its functions return on each failure themselves, for
# set -e does not hold where a caller tests them.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/assay
# Of which architecture the packages are; set before the functions below are called.
debs_arch=$(dpkg --print-architecture 2>/dev/null || true)

# One at a time: the lists are shared.
debs_lock()
{
    local lock
    mkdir -p "$cache"
    exec {lock}>"$cache/lock"
    flock -n "$lock" || { say "waiting for another script that fetches packages to end"; flock "$lock"; }
}

# debs_apt SUITE TOOL ARGUMENT...
debs_apt()
{
    local apt=$cache/apt-$1-$debs_arch tool=$2
    shift 2
    "$tool" -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$apt" \
        -o APT::Architecture="$debs_arch" -o APT::Architectures="$debs_arch" \
        -o Acquire::Languages=none -o Acquire::Retries=1 -o Acquire::http::Timeout=30 \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

# The release that this system is.
debs_codename()
{
    # shellcheck source=/dev/null
    (. /etc/os-release && [ "$ID" = debian ] && printf '%s' "${VERSION_CODENAME%%/*}") || die "this is no Debian"
}

# debs_ready SUITE: its package lists, from the system's own source of Debian's main section. Fetched once a day.
debs_ready()
{
    local apt=$cache/apt-$1-$debs_arch codename mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed='' tool
    for tool in apt-get apt-cache dpkg; do
        command -v $tool >/dev/null || die "no $tool here, and it comes as a Debian package"
    done
    [ -z "$(find "$apt/updated" -mmin -1440 2>/dev/null)" ] || return 0
    codename=$(debs_codename) || return
    mkdir -p "$apt"/{lists,archives}/partial
    # shellcheck disable=SC2016 # apt's own fields
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v name="$codename" '$3 == "main" && ($2 == name || $2 ~ /^(stable|testing|unstable|sid)$/) { print $1; exit }')
    [ -n "$mirror" ] || die "apt's sources name no mirror of Debian $codename, main"
    [ ! -e $keyring ] || signed="[signed-by=$keyring] "
    printf 'deb %s%s %s main\n' "$signed" "$mirror" "$1" >"$apt/sources.list"
    say "fetching the package lists of Debian $1 ($debs_arch) from this system's mirror"
    if quietly debs_apt "$1" apt-get update -o APT::Update::Error-Mode=any; then
        touch "$apt/updated"
    elif [ -e "$apt/updated" ]; then
        say "the lists could not be fetched anew; going on with those that are there"
    else
        rm -rf "$apt"
        die "no package lists of Debian $1"
    fi
}

# debs_newest SUITE PACKAGE: its version
debs_newest()
{
    local version
    version=$(debs_apt "$1" apt-cache policy "$2" | awk '/Candidate:/ { print $2 }')
    case $version in
        '' | '(none)') die "Debian $1 has no $2 for $debs_arch" ;;
    esac
    printf '%s' "$version"
}

# debs_unpack SUITE DIR PACKAGE...: into DIR, which is there only when it is complete.
debs_unpack()
{
    local suite=$1 dir=$2 deb work
    shift 2
    [ ! -d "$dir" ] || return 0
    work=$(mktemp -d "$cache/.unpack.XXXXXX")
    mkdir "$work/debs" "$work/root"
    (cd "$work/debs" && quietly debs_apt "$suite" apt-get download "$@") ||
        { rm -rf "$work"; die "could not fetch $*"; }
    for deb in "$work"/debs/*.deb; do
        dpkg -x "$deb" "$work/root" || { rm -rf "$work"; die "could not unpack $*"; }
    done
    mv "$work/root" "$dir"
    rm -rf "$work"
}
