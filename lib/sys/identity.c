/* SPDX-License-Identifier: MIT */
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/door.h"
#include "sys/sys.h"

/* Of the machines with two, those that take ids of 32 bits. */
#ifdef SYS_setresuid32
#define CALL_SETRESUID SYS_setresuid32
#define CALL_SETRESGID SYS_setresgid32
#else
#define CALL_SETRESUID SYS_setresuid
#define CALL_SETRESGID SYS_setresgid
#endif

int
socki_sys_chroot(const char *path)
{
	int rc;

	DOOR(rc, chroot, chroot(path));
	return rc;
}

int
socki_sys_chdir(const char *path)
{
	int rc;

	DOOR(rc, chdir, chdir(path));
	return rc;
}

int
socki_sys_setgroups(const gid_t *groups, size_t count)
{
	int rc;

	DOOR(rc, setgroups, setgroups(count, groups));
	return rc;
}

int
socki_sys_setresgid(gid_t gid)
{
	int rc;

	DOOR(rc, setresgid, setresgid(gid, gid, gid));
	return rc;
}

int
socki_sys_setresuid(uid_t uid)
{
	int rc;

	DOOR(rc, setresuid, setresuid(uid, uid, uid));
	return rc;
}

void
socki_sys_ids(struct socki_sys_ids *out)
{
	(void)getresuid(&out->uid[0], &out->uid[1], &out->uid[2]);
	(void)getresgid(&out->gid[0], &out->gid[1], &out->gid[2]);
}

int
socki_sys_capset_none(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		{ 0 }
	};
	int rc;

	DOOR(rc, capset, (int)syscall(SYS_capset, &header, none));
	return rc;
}

/*
 * Past the C library, which ends the program when its threads do not all get
 * the same answer.
 */
int
socki_sys_seteuid_here(uid_t uid)
{
	const int saved = errno;
	const long rc = syscall(CALL_SETRESUID, -1, uid, -1);

	errno = saved;
	return rc == 0 ? 0 : -EPERM;
}

int
socki_sys_setegid_here(gid_t gid)
{
	const int saved = errno;
	const long rc = syscall(CALL_SETRESGID, -1, gid, -1);

	errno = saved;
	return rc == 0 ? 0 : -EPERM;
}
