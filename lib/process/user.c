/* SPDX-License-Identifier: MIT */
#include "process/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>

#include "addr/decimal.h"
#include "base/error.h"
#include "base/memory.h"

#define ENTRY_FIRST 1024
#define ENTRY_MAX ((size_t)1 << 20) /* of text about one user: far too much */
#define GROUPS_FIRST 32
#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

/* One uid is no uid: setresuid(2) takes it for "as it is". */
#define UID_LAST (UINT32_MAX - 1)

/* getpwnam(3), "Errors": what it may say when there is none. */
static bool
means_nobody(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH ||
	    error == EBADF || error == EPERM;
}

/* By name, or by uid without one: 1 and *buf, which pw points into; 0; -errno */
static int
ask(struct passwd *pw, char **buf, const char *name, uid_t uid)
{
	struct passwd *found = NULL;
	size_t size = ENTRY_FIRST;
	int error;

	do {
		*buf = socki_alloc(size);
		if (*buf == NULL)
			return -ENOMEM;
		error = name != NULL ?
		    getpwnam_r(name, pw, *buf, size, &found) :
		    getpwuid_r(uid, pw, *buf, size, &found);
		if (found != NULL)
			return 1;
		socki_free(*buf);
		if (error != EINTR)
			size *= 4;
	} while (error == EINTR || (error == ERANGE && size <= ENTRY_MAX));
	return means_nobody(error) ? 0 : -error;
}

/* The groups of a user, with room for count of them; 1: there are more. */
static int
list_groups(struct socki_user *u, const char *name, int *count)
{
	u->groups = socki_alloc((size_t)*count * sizeof *u->groups);
	if (u->groups == NULL)
		return -ENOMEM;
	if (getgrouplist(name, u->gid, u->groups, count) >= 0)
		return 0;
	socki_free(u->groups);
	u->groups = NULL;
	return 1;
}

static int
find_groups(struct socki_user *u, const char *name)
{
	int room = GROUPS_FIRST, count, rc;

	do {
		count = room;
		rc = list_groups(u, name, &count);
		room = count > room ? count : 2 * room;
	} while (rc == 1 && room <= GROUPS_MAX);
	u->count = (size_t)count;
	return rc == 1 ? -EINVAL : rc; /* as setgroups(2) */
}

static int
only_group(struct socki_user *u)
{
	u->groups = socki_alloc(sizeof *u->groups);
	if (u->groups == NULL)
		return -ENOMEM;
	u->groups[0] = u->gid;
	u->count = 1;
	return 0;
}

static int
find(struct socki_user *u, const char *name, struct socki_why *why)
{
	uint32_t number = 0;
	struct passwd pw;
	size_t used;
	char *buf;
	bool is_number;
	int rc;

	is_number = socki_decimal_parse(&number, &used, name, strlen(name),
			UID_LAST) == SOCKI_DECIMAL_GOOD &&
	    name[used] == '\0';
	rc = ask(&pw, &buf, name, 0);
	if (rc == 0 && is_number)
		rc = ask(&pw, &buf, NULL, number);
	if (rc < 0)
		return socki_why(why, rc, "looking the user up");
	if (rc == 0 && !is_number) {
		rc = socki_why(why, -ENOENT, "there is no such user");
		why->instead = true;
		return rc;
	}
	u->uid = rc > 0 ? pw.pw_uid : number;
	u->gid = rc > 0 ? pw.pw_gid : number;
	if (rc == 0)
		return only_group(u);
	rc = find_groups(u, pw.pw_name);
	socki_free(buf);
	return rc < 0 ? socki_why(why, rc, "looking its groups up") : 0;
}

int
socki_user_find(struct socki_user *out, const char *name, struct socki_why *why)
{
	const int saved = errno;
	int rc;

	*out = (struct socki_user){ 0 };
	rc = find(out, name, why);
	errno = saved;
	if (rc == 0 && out->uid == 0)
		rc = socki_why(why, SOCK_EUSAGE, "root has all privileges");
	if (rc < 0)
		socki_user_end(out);
	return rc;
}

void
socki_user_end(struct socki_user *user)
{
	socki_free(user->groups);
	user->groups = NULL;
}
