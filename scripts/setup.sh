#!/bin/bash
# setup.sh LIST...: installs what is missing of the Debian packages of the lists `build`, `test`, `check`,
# `bench`, `package` and `bare` (of make package-test).
# Asks dpkg first: when nothing is missing, no network and no privileges are needed.
set -euo pipefail

# shellcheck disable=SC2034  # the lists are named by "$list"
build=(g++ cmake ninja-build pkg-config make git ca-certificates libgit2-dev libsodium-dev libssl-dev
       libzstd-dev libcli11-dev nlohmann-json3-dev libcctz-dev libcurl4-openssl-dev
       libpugixml-dev libssh-dev libyaml-dev libtomlplusplus-dev tzdata
       libcurl4 python3 openssl curl)  # these for the demo
# shellcheck disable=SC2034
test=(libgtest-dev python3 python3-cryptography python3-zstandard strace util-linux mount e2fsprogs
      busybox-static gocryptfs fuse3 openssh-server openssh-client apache2 nginx libnginx-mod-http-dav-ext
      rclone curl openssl zoneminder mariadb-server mariadb-client php-fpm php-mysql php-gd motion radosgw
      ceph-mon ceph-osd ceph-common libcurl4 libssh-4 postgresql postgresql-client chromium
      systemd)
# Node may be here from elsewhere, with an npm of its own that Debian's package conflicts with.
command -v npm >/dev/null || test+=(nodejs npm)
# shellcheck disable=SC2034
check=(clang-format clang-tidy-19)
# shellcheck disable=SC2034  # the peers that `make bench` measures coffre against; it runs without them too
bench=(python3 git restic borgbackup bup time)
# shellcheck disable=SC2034
package=(debhelper dpkg-dev fakeroot lintian lowdown)
# shellcheck disable=SC2034
bare=(debootstrap util-linux)

wanted=()
for list in "${@:-build}"; do
    case $list in
        build | test | check | bench | package | bare) ;;
        *) echo "setup.sh: there is no list '$list' (build, test, check, bench, package, bare)" >&2; exit 2 ;;
    esac
    declare -n packages=$list
    wanted+=("${packages[@]}")
done

if ! command -v dpkg-query >/dev/null; then
    echo "setup.sh: this is not Debian; install the equivalents of: ${wanted[*]}" >&2
    exit 1
fi

# dpkg-query fails when it knows nothing of a package: what it prints is what counts.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null |
            awk '$2 == "installed" { print $1 }' || true)
missing=()
for package in "${wanted[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup.sh: not root and no sudo; as root, run: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "setup.sh: installing ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
     apt-get -y -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
"${apt[@]}" update </dev/null
"${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null
