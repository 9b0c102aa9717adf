/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/process.h>

#include "base/error.h"
#include "process/threads.h"
#include "process/user.h"
#include "sys/sys.h"

/* Each step takes away what the ones before it need. */
static int
become(const struct socki_user *u, const char *root, struct socki_why *why)
{
	int rc;

	if (root != NULL && (rc = socki_sys_chroot(root)) < 0)
		return socki_why(why, rc, "chroot to %s", root);
	if (root != NULL && (rc = socki_sys_chdir("/")) < 0)
		return socki_why(why, rc, "chdir to the new root");
	if ((rc = socki_sys_setgroups(u->groups, u->count)) < 0)
		return socki_why(why, rc, "setgroups");
	if ((rc = socki_sys_setresgid(u->gid)) < 0)
		return socki_why(why, rc, "setresgid to %u", u->gid);
	if ((rc = socki_sys_setresuid(u->uid)) < 0)
		return socki_why(why, rc, "setresuid to %u", u->uid);
	/* What is not root's keeps them, and inheritable ones stay anyway. */
	if ((rc = socki_sys_capset_none()) < 0)
		return socki_why(why, rc, "capset");
	return 0;
}

static bool
comes_back(const struct socki_user *u, uid_t uid, gid_t gid)
{
	return (uid != u->uid && socki_sys_seteuid_here(uid) == 0) ||
	    (gid != u->gid && socki_sys_setegid_here(gid) == 0);
}

static int
try_back(const struct socki_user *u, const struct socki_sys_ids *before,
    struct socki_why *why)
{
	bool back = comes_back(u, 0, 0);
	int i;

	for (i = 0; i < 3 && !back; i++)
		back = comes_back(u, before->uid[i], before->gid[i]);
	return back ? socki_why(why, -EPERM, "the old user could be had back") :
		      0;
}

static int
drop(const struct socki_user *u, const char *root, struct socki_why *why)
{
	struct socki_sys_ids before;
	const int threads = socki_threads_open();
	int rc;

	if (threads < 0)
		return socki_why(why, threads, "/proc/self/task");
	socki_sys_ids(&before);
	/* The C library ends the program if a change works for some alone. */
	rc = socki_threads_agree(threads, why);
	if (rc == 0)
		rc = become(u, root, why);
	if (rc == 0)
		rc = socki_threads_are(threads, u->uid, u->gid, why);
	if (rc == 0)
		rc = try_back(u, &before, why);
	socki_sys_close(threads);
	return rc;
}

int
sock_drop_privileges(const char *user, const char *root)
{
	struct socki_why why = { .text = "" };
	struct socki_user u;
	int rc;

	if (user == NULL)
		rc = socki_why(&why, SOCK_EUSAGE, "there is no user");
	else
		rc = socki_user_find(&u, user, &why);
	if (rc == 0) {
		rc = drop(&u, root, &why);
		socki_user_end(&u);
	}
	return rc < 0 ? socki_error(rc, "drop privileges", user, &why) : 0;
}
