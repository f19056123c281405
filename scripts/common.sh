# SPDX-License-Identifier: BSD-3-Clause
# Shared by quickstart and run-tests: colours, stages, dependencies, build. Sourced, not run.

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kldload
began=$SECONDS
preset=${KLD_PRESET:-release}
# Objects are kept by content, for every clone: who has a compiler cache of their own keeps it.
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} CCACHE_BASEDIR=${CCACHE_BASEDIR:-$top} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:+$CCACHE_SLOPPINESS,}pch_defines,time_macros

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $1"; [ $# -lt 2 ] || say "  hint: $2"; exit 1; }

# stage NAME COMMAND…: runs it with its output in a log, and tells the time; on failure shows the end of the log.
stage() {
	local name=$1 log start=$SECONDS
	shift
	log=$(mktemp "${TMPDIR:-/tmp}/kldload-stage.XXXXXX")
	if ! "$@" >"$log" 2>&1; then
		say "error: $name failed: $*"
		tail -n 40 "$log" >&2
		say "  hint: the whole log is $log"
		exit 1
	fi
	rm -f "$log"
	say "- $name $((SECONDS - start)) s"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages LIST…: what of these files of packaging/ is not installed.
missing_packages() {
	local package
	(cd "$top/packaging" && grep -hv '^#' "$@") | while read -r package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
	done
}

# OpenZFS is in contrib. The host's own sources stay as they are: apt is shown the same archive with contrib beside main,
# in a state directory of its own.
install_packages() {
	local lists=$cache/apt/host list line
	list=$lists/sources.list
	mkdir -p "$lists/lists/partial"
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		while read -r site release component; do
			case "$component/$release" in
			main/bookworm* | main/trixie* | main/stable* | main/oldstable*)
				line="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $release main contrib"
				printf '%s\n' "$line"
				;;
			esac
		done | sort -u >"$list"
	[ -s "$list" ] || { say "no Debian archive in this host's apt sources"; return 1; }
	local options=(-o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$lists/lists" -o APT::Sandbox::User=)
	as_root apt-get "${options[@]}" update
	as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y --no-install-recommends "$@"
}

# prepare [LIST]: installs what building needs, and what the list has more.
prepare() {
	# shellcheck disable=SC1091
	. /etc/os-release
	case "$ID-${VERSION_ID:-}" in
	debian-12 | debian-13) ;;
	*) die "the builder runs on Debian 12 and 13, this is ${PRETTY_NAME:-unknown}" "use a Debian machine, container or VM" ;;
	esac
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "installing packages needs root" "run as root, or install sudo"
	local packages
	mapfile -t packages < <(missing_packages dependencies "$@")
	[ ${#packages[@]} = 0 ] || stage "install ${#packages[@]} packages" install_packages "${packages[@]}"
}

# build [TARGET]: everything, or what the target needs.
build() {
	cd "$top"
	[ -f "build/$preset/build.ninja" ] || stage "configure $preset" cmake --preset "$preset"
	stage "build $preset" cmake --build --preset "$preset" ${1:+--target "$1"}
}
