/* SPDX-License-Identifier: MIT */
#ifndef TLS_PKI_H
#define TLS_PKI_H

#include <stddef.h>

/*
 * Certificates, good and bad, made while a test runs: files NAME.pem (it, and
 * what lies between it and its root) and NAME.key in a directory of the
 * process's.  A failure ends the program: no test can go on without them.
 */

#define PKI_DAY_ONE "20200102030405Z"
#define PKI_LAST_DAY "20250203040506Z"
#define PKI_FAR_DAY "20990304050607Z"

enum {
	PKI_CA = 1,        /* signs others */
	PKI_CLIENT = 2,    /* for clients, not for servers */
	PKI_ALONE = 4,     /* nothing but itself in NAME.pem */
	PKI_PATHLEN_0 = 8, /* no authority below this one */
	PKI_CRITICAL = 16, /* an extension that nobody knows */
	PKI_PLAIN_V1 = 32, /* no extension at all, as in 1988 */
	PKI_NO_SIGN = 64,  /* its key may sign no certificate */
	PKI_SELF = 128     /* signed by itself */
};

struct pki_cert {
	const char *name;
	const char *issuer; /* the name of one made before; NULL: "middle" */
	const char *cn;     /* NULL: the name */
	const char *san;    /* "DNS:a,IP:::1,IP:short"; %00: NUL; NULL: none */
	int rsa_bits;       /* 0: a key on P-256 */
	const char *digest; /* NULL: SHA256 */
	const char *from, *until; /* PKI_..._DAY; NULL: yesterday, next year */
	const char *permits;      /* name constraints, or NULL */
	unsigned flags;
};

/*
 * Makes the directory and in it "root", "middle" that it signed, and "good" for
 * example.org, *.example.org, 127.0.0.1 and ::1.
 */
void pki_begin(void);

/* Removes it, with all that is in it. */
void pki_end(void);

void pki_make(const struct pki_cert *cert);

/* Writes NAME.crl: what issuer revoked, serials of those (end with NULL). */
void
pki_revoke(const char *name, const char *issuer, const char *const revoked[]);

/* The path of NAME + suffix in the directory, as "good", ".pem". */
const char *pki_path(const char *name, const char *suffix);

/* Another file there: its first n bytes, as a writer that is half-way. */
void pki_copy(const char *from, const char *to, size_t n);

#endif
