#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dracut's side of kldload-boot: mounts /var/log early, and fails the image when it could not mount a ZFS root.
# shellcheck disable=SC2154

check() {
	return 0
}

depends() {
	echo zfs
}

installkernel() {
	instmods -c spl zfs
}

install() {
	local missing="" program

	inst_simple /usr/lib/kldload/mount-var-log
	inst_hook pre-pivot 50 "$moddir/kldload-var-log.sh"

	for program in zpool zfs mount.zfs; do
		if [[ ! -x $initdir/usr/sbin/$program && ! -x $initdir/usr/bin/$program ]]; then
			dfatal "kldload: no $program in the image: reinstall zfsutils-linux and zfs-dracut"
			missing=yes
		fi
	done
	# dracut's own module takes it in hostonly mode alone.
	if [[ ! -e $initdir/etc/hostid && -e /etc/hostid ]]; then
		mkdir -p "$initdir/etc"
		cp /etc/hostid "$initdir/etc/hostid"
	fi
	if [[ ! -e $initdir/etc/hostid ]]; then
		dfatal "kldload: no etc/hostid in the image: zgenhostid writes /etc/hostid"
		missing=yes
	elif [[ $(wc -c <"$initdir/etc/hostid") -ne 4 ]]; then
		dfatal "kldload: /etc/hostid does not have 4 bytes: zgenhostid -f writes it anew"
		missing=yes
	elif [[ $(od -An -tx4 "$initdir/etc/hostid" | tr -d ' ') == 00000000 ]]; then
		dfatal "kldload: the hostid in /etc/hostid is zero: zgenhostid -f writes it anew"
		missing=yes
	fi
	if [[ $missing ]]; then
		dfatal "kldload: this image could not mount the ZFS root; it is not made, an older one stays in place"
		exit 1
	fi
}
