/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TLS_H
#define SOCK_TLS_H

#include <sock/base.h>

/*
 * TLS under the same handles: a library of its own (libsock-tls), on OpenSSL 3.
 * sock.h does not include this header.
 *
 *	sock_t s =
 *	    sock_dial("tls:example.org:https", .tls = sock_tls_default());
 *
 *	struct sock_tls *t = sock_tls_server("cert.pem", "key.pem");
 *	struct sock_server *server =
 *	    sock_serve("tls:*:https", .tls = t, .on_stream = answer);
 *
 * With nothing set a client trusts the system's roots and nobody else, verifies
 * the chain and the name it asked for, and speaks TLS 1.2 and 1.3.  The name
 * must be in the certificate's subjectAltName (RFC 9525): the common name does
 * not count, a wildcard is one whole label, the leftmost, and an address must
 * be there as an address.  Nobody renegotiates, no data are sent early, and
 * whoever ends without close_notify has cut the stream off: SOCK_ETRUNC, after
 * the bytes that came (sock_finish() has an exception).  What protects more
 * than that (versions and ciphers that the system forbids in OpenSSL's
 * configuration) stays in force; what protects less does not.
 *
 * Errors of a handshake, of sock_dial(), sock_connected(), sock_start_tls() or
 * the first read or write, with a reason for people in sock_errmsg():
 *
 *	SOCK_ENAME   the certificate is for others: `certificate is for
 *	             "db2.example.com", not "db.example.com"'
 *	SOCK_ECERT   it is not trusted: expired, not yet valid, self-signed, of
 *	             an unknown issuer, revoked, weak, for another purpose
 *	SOCK_ETLS    the peer refused, does not speak TLS, has no version or
 *	             protocol in common with us, sends nonsense; or the object
 *	             cannot be used as it is, such as without any roots
 *	SOCK_ETRUNC  the peer closed the connection in the middle
 *
 * A record that arrived in part shows as readable with no byte to read; and so
 * does what TLS sends for itself, such as a ticket.  A read that may not wait
 * then gives -EAGAIN.
 *
 * After fork(2) either the parent or the child goes on with a connection: what
 * both would send is encrypted with the same numbers, which protects neither.
 *
 * A program may end while connections are open: OpenSSL is left as it is then,
 * unless the program itself used it first, and has it torn down under them
 * (OPENSSL_INIT_NO_ATEXIT, OPENSSL_init_crypto(3)).
 *
 * A fiber that dials or serves TLS wants a stack of 24 KiB: the handshake takes
 * 14 (OpenSSL 3.0 on x86-64, measured), so that sock_runtime()'s least, 16,
 * leaves next to nothing to the program.  The default, 256, is plenty.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * What connections have in common: certificates, whom to trust, protocols.  One
 * serves any number of connections, threads and fibers at once.  Counted:
 * whoever still needs it (a listener, a server, a connection) keeps it beyond
 * sock_tls_free().
 *
 * The functions below that change one read all its files again and put the
 * outcome in the place of what was, for connections from then on; those under
 * way keep what they began with.  Where one fails, all is as before.  They wait
 * for the disk, and return 0; SOCK_EUSAGE: not for this kind of object
 * (sock_tls_default() cannot be changed), or an argument that makes no sense;
 * -errno: a file cannot be read; SOCK_ETLS: it is not what it should be;
 * -ENOMEM.
 */
struct sock_tls;

/*
 * A client with nothing set, shared by the whole program.  Never NULL.
 * sock_tls_free() does nothing to it.  The system's roots (OpenSSL's: the file
 * that SSL_CERT_FILE names and the folders of SSL_CERT_DIR, or where it was
 * built to look) are looked up at its first use; without any the dial fails,
 * and the next one looks again.  A program that shuts itself in (chroot) calls
 * sock_tls_reload() on it before.
 */
struct sock_tls *sock_tls_default(void);

/* A client's, to change.  NULL: no memory. */
struct sock_tls *sock_tls_client(void);

/*
 * A server's: its certificate, followed by those between it and the root, and
 * its private key, both PEM.  NULL for the key: it is in the same file.  A key
 * that asks for a password is refused, and so is what is no regular file: it
 * could not be read again (sock_tls_reload()).
 *
 * NULL: a file is missing or damaged, they do not belong together, no memory;
 * see sock_last_error().
 */
struct sock_tls *sock_tls_server(const char *cert_file, const char *key_file);

/*
 * A further certificate.  A server's: which one a connection gets goes by the
 * name that its client asks for (SNI), else it is the first of its kind of key;
 * of certificates for one name those with different kinds go together.  A
 * client's own: shown to servers that ask, one for each kind of key.  Arguments
 * as above.
 */
int
sock_tls_add(struct sock_tls *tls, const char *cert_file, const char *key_file);

/*
 * Trusts the certificates in a PEM file, or in a folder under their hashes
 * (openssl-rehash(1)), which is looked up when needed.  A client's first takes
 * the place of the system's roots; further ones add to it.  A server's are for
 * its clients' certificates.
 */
int sock_tls_trust(struct sock_tls *tls, const char *file_or_dir);

/*
 * Refuses what the lists (CRL) in this PEM file revoke.  From then on a peer
 * whose issuer has no valid list is refused; for those above it a list counts
 * if there is one.  A server looks at no client's certificate that it did not
 * ask for: sock_tls_ask_client().
 */
int sock_tls_revoked(struct sock_tls *tls, const char *crl_file);

/*
 * The protocols spoken (ALPN, RFC 7301), best first: "h2,http/1.1".  NULL or
 * "": none.  A server that has none in common with a client refuses it; one
 * that is not asked goes on without.  A client goes on where the server names
 * none: see sock_tls_info.
 */
int sock_tls_alpn(struct sock_tls *tls, const char *list);

/*
 * A server asks for its clients' certificates, and refuses wrong ones;
 * required: and those who have none.  Needs sock_tls_trust().
 */
int sock_tls_ask_client(struct sock_tls *tls, bool required);

/*
 * Resumes sessions, which spares most of the handshake: a client keeps them, in
 * the object, by the name of the server whichever the port, the latest of at
 * most 64 names; a server gives tickets, whose keys are the object's own, for
 * two hours.  Off by default: a ticket lets a server recognise a client.  A
 * session of TLS 1.3 serves once.  What was verified as a session began is not
 * verified again when it is resumed: neither the dates of the certificate nor
 * those of a list of revocations.  Any change to the object forgets them all.
 */
int sock_tls_resume(struct sock_tls *tls, bool on);

/*
 * Reads all files again, for certificates that were renewed; the system's roots
 * too, for a client that goes by them.
 */
int sock_tls_reload(struct sock_tls *tls);

/*
 * A client's: whoever answers is taken for the server.  TLS without protection
 * from those who can change what is on the wire; for tests, and for looking at
 * a certificate.  Not for sock_tls_default(), and there is no way back.
 */
void sock_tls_insecure_no_verify(struct sock_tls *tls);

/* Gives it back.  NULL and sock_tls_default(): nothing. */
void sock_tls_free(struct sock_tls *tls);

/*
 * Upgrades a stream in place, as STARTTLS does, and shakes hands: the object
 * says which end this is.  server_name: whom a client means, a name or an
 * address; NULL for a server, and for a client with
 * sock_tls_insecure_no_verify() that asks for no name.  Where the handshake
 * fails, the stream is of no more use but to be closed.
 *
 * 0; -EBUSY: bytes are buffered that came in plain text, which nobody may take
 * for protected, or another call is inside; SOCK_EUSAGE: not a stream, no
 * object, or no name that could be verified (empty, a leading dot, too long);
 * SOCK_ELIMIT: layers; the errors of a handshake; -ETIMEDOUT, -ECANCELED,
 * -ENOMEM.
 */
int sock_start_tls(sock_t s, struct sock_tls *tls, const char *server_name,
    sock_time deadline);

/*
 * What came of a handshake.  Set size first.  The strings live as long as the
 * handle; "": there is none.
 */
struct sock_tls_info {
	size_t size;
	const char *version;     /* "TLSv1.3" */
	const char *cipher;      /* "TLS_AES_256_GCM_SHA384" */
	const char *alpn;        /* the protocol in common */
	const char *server_name; /* the client asked for it */
	/*
	 * Whom the peer's certificate is for: its names, "a.example,
	 * b.example", or where it has none its subject.  Anybody, unless
	 * verified.
	 */
	const char *peer_name;
	int certificates; /* how many the peer showed */
	bool resumed;
	bool verified; /* the peer's certificate was, now or in that session */
};

/*
 * 0; -ENOTCONN: the handshake is not over; SOCK_EUSAGE: no TLS, or a size that
 * is too small; -ENOMEM.
 */
int sock_tls_info(sock_t s, struct sock_tls_info *info);

/* A certificate that the peer showed.  Strings and size as above. */
struct sock_tls_certificate {
	size_t size;
	const char
	    *subject; /* "CN=example.org, O=Example", as RFC 2253 has it */
	const char *issuer;
	const char *names;  /* of subjectAltName: "example.org, 192.0.2.1" */
	const char *key;    /* "RSA 2048", "EC 256" */
	const char *sha256; /* of the whole, 64 hexadecimal digits */
	int64_t not_before, not_after; /* seconds since 1970 */
};

/*
 * The certificate at that place: 0 the peer's own, 1 its issuer's, as far as
 * the peer showed them.  A session resumed in TLS 1.2 may know none but the
 * first.
 *
 * 0; -ENOENT: there are no more; the errors of sock_tls_info().
 */
int sock_tls_certificate(sock_t s, int i, struct sock_tls_certificate *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
