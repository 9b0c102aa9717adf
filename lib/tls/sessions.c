/* SPDX-License-Identifier: MIT */
#include "tls/sessions.h"

#include <openssl/crypto.h>
#include <string.h>

#include "tls/lock.h"

/* Of one name; the latest session is the first. */
struct socki_tls_known {
	struct socki_tls_known *next;
	unsigned count;
	SSL_SESSION *session[SOCKI_TLS_SESSIONS_EACH];
	char name[];
};

static void
forget(struct socki_tls_known *known)
{
	while (known->count > 0)
		SSL_SESSION_free(known->session[--known->count]);
	OPENSSL_free(known);
}

/* Takes the name out of the list.  NULL: it is not in it. */
static struct socki_tls_known *
unlink_name(struct socki_tls_sessions *sessions, const char *name)
{
	struct socki_tls_known **at = &sessions->latest, *known;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	known = *at;
	if (known != NULL) {
		*at = known->next;
		sessions->count--;
	}
	return known;
}

static void
link_latest(struct socki_tls_sessions *sessions, struct socki_tls_known *known)
{
	known->next = sessions->latest;
	sessions->latest = known;
	sessions->count++;
}

static void
forget_oldest(struct socki_tls_sessions *sessions)
{
	struct socki_tls_known *oldest = sessions->latest;

	while (oldest->next != NULL)
		oldest = oldest->next;
	forget(unlink_name(sessions, oldest->name));
}

static struct socki_tls_known *
new_name(const char *name)
{
	const size_t n = strlen(name) + 1;
	struct socki_tls_known *known = OPENSSL_zalloc(sizeof *known + n);

	if (known != NULL)
		memcpy(known->name, name, n);
	return known;
}

static SSL_SESSION *
remove_at(struct socki_tls_known *known, unsigned i)
{
	SSL_SESSION *session = known->session[i];

	known->count--;
	memmove(known->session + i, known->session + i + 1,
	    (known->count - i) * sizeof(SSL_SESSION *));
	return session;
}

void
socki_tls_sessions_put(struct socki_tls_sessions *sessions,
    const char *server_name, SSL_SESSION *session)
{
	struct socki_tls_known *known;

	socki_tls_lock();
	known = unlink_name(sessions, server_name);
	if (known == NULL)
		known = new_name(server_name);
	if (known == NULL) {
		SSL_SESSION_free(session);
	} else {
		if (known->count == SOCKI_TLS_SESSIONS_EACH)
			SSL_SESSION_free(remove_at(known, known->count - 1));
		memmove(known->session + 1, known->session,
		    known->count * sizeof(SSL_SESSION *));
		known->session[0] = session;
		known->count++;
		if (sessions->count == SOCKI_TLS_NAMES)
			forget_oldest(sessions);
		link_latest(sessions, known);
	}
	socki_tls_unlock();
}

/* Some end before their server says so: with a connection that was cut off. */
static SSL_SESSION *
take(struct socki_tls_known *known)
{
	while (known->count > 0) {
		SSL_SESSION *session = known->session[0];

		if (!SSL_SESSION_is_resumable(session)) {
			SSL_SESSION_free(remove_at(known, 0));
			continue;
		}
		if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION)
			return remove_at(known, 0);
		return SSL_SESSION_up_ref(session) ? session : NULL;
	}
	return NULL;
}

SSL_SESSION *
socki_tls_sessions_take(struct socki_tls_sessions *sessions,
    const char *server_name)
{
	struct socki_tls_known *known;
	SSL_SESSION *session = NULL;

	socki_tls_lock();
	known = unlink_name(sessions, server_name);
	if (known != NULL) {
		session = take(known);
		link_latest(sessions, known);
	}
	socki_tls_unlock();
	return session;
}

void
socki_tls_sessions_free(struct socki_tls_sessions *sessions)
{
	while (sessions->latest != NULL)
		forget(unlink_name(sessions, sessions->latest->name));
}
