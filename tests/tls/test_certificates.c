/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ends.h"

/*
 * Which certificate is taken for which name, and what is said of the others.
 * The other end would agree to anything.
 */

#define NAMES "DNS:example.org,DNS:www.example.org"

enum {
	WITH_CRL = 1,
	IN_TLS_1_2 = 2
};

/* Above those that are shown, in the order in which they are made. */
static const struct pki_cert authorities[] = {
	{ .name = "strange root", .flags = PKI_CA | PKI_SELF },
	{ .name = "false root", .cn = "root", .flags = PKI_CA | PKI_SELF },
	{ .name = "rsa middle",
	    .issuer = "root",
	    .rsa_bits = 2048,
	    .flags = PKI_CA },
	{ .name = "old middle",
	    .issuer = "root",
	    .from = PKI_DAY_ONE,
	    .until = PKI_LAST_DAY,
	    .flags = PKI_CA },
	{ .name = "weak middle",
	    .issuer = "root",
	    .rsa_bits = 1024,
	    .flags = PKI_CA },
	{ .name = "narrow middle",
	    .issuer = "root",
	    .permits = "critical,permitted;DNS:example.com",
	    .flags = PKI_CA },
	{ .name = "lowest middle",
	    .issuer = "root",
	    .flags = PKI_CA | PKI_PATHLEN_0 },
	{ .name = "too deep", .issuer = "lowest middle", .flags = PKI_CA },
	{ .name = "no authority" },
	{ .name = "may not sign",
	    .issuer = "root",
	    .flags = PKI_CA | PKI_NO_SIGN },
	{ .name = "first version", .issuer = "root", .flags = PKI_PLAIN_V1 },
};

static const struct row {
	struct pki_cert cert; /* name: made */
	const char *host;     /* NULL: example.org */
	int rc;
	const char *why; /* a part of the message; NULL where rc is 0 */
	unsigned how;
} rows[] = {
	/* names */
	{ { .san = NAMES }, NULL, 0, NULL, 0 },
	{ { .san = NAMES }, "www.example.org", 0, NULL, 0 },
	{ { .san = NAMES }, "WWW.Example.ORG", 0, NULL, 0 },
	{ { .san = NAMES }, "example.org.", 0, NULL, 0 },
	{ { .san = "DNS:EXAMPLE.org" }, NULL, 0, NULL, 0 },
	{ { .san = NAMES }, "example.net", SOCK_ENAME,
	    "certificate is for \"example.org\", \"www.example.org\", not \"example.net\"",
	    0 },
	{ { .san = NAMES }, "ftp.example.org", SOCK_ENAME,
	    "certificate is for \"example.org\", \"www.example.org\", not \"ftp.example.org\"",
	    0 },
	{ { .san = NAMES }, "org", SOCK_ENAME,
	    "certificate is for \"example.org\", \"www.example.org\", not \"org\"",
	    0 },
	{ { .san = "DNS:example.org." }, NULL, SOCK_ENAME,
	    "certificate is for \"example.org.\", not \"example.org\"", 0 },
	{ { .san = "DNS:xn--bcher-kva.example" }, "xn--bcher-kva.example", 0,
	    NULL, 0 },
	{ { .cn = "example.org" }, NULL, SOCK_ENAME,
	    "certificate has no name that counts (its subject is \"example.org\"), not \"example.org\"",
	    0 },
	{ { .cn = "example.org", .san = "DNS:example.net" }, NULL, SOCK_ENAME,
	    "certificate is for \"example.net\", not \"example.org\"", 0 },
	{ { .cn = "192.0.2.1" }, "192.0.2.1", SOCK_ENAME,
	    "certificate has no name that counts (its subject is \"192.0.2.1\"), not \"192.0.2.1\"",
	    0 },

	/* wildcards */
	{ { .san = "DNS:*.example.org" }, "a.example.org", 0, NULL, 0 },
	{ { .san = "DNS:*.example.org" }, "xn--bcher-kva.example.org", 0, NULL,
	    0 },
	{ { .san = "DNS:*.example.org" }, NULL, SOCK_ENAME,
	    "certificate is for \"*.example.org\", not \"example.org\"", 0 },
	{ { .san = "DNS:*.example.org" }, "a.b.example.org", SOCK_ENAME,
	    "certificate is for \"*.example.org\", not \"a.b.example.org\"",
	    0 },
	{ { .san = "DNS:*.*.example.org" }, "a.b.example.org", SOCK_ENAME,
	    "certificate is for \"*.*.example.org\", not \"a.b.example.org\"",
	    0 },
	{ { .san = "DNS:w*.example.org" }, "www.example.org", SOCK_ENAME,
	    "certificate is for \"w*.example.org\", not \"www.example.org\"",
	    0 },
	{ { .san = "DNS:*w.example.org" }, "www.example.org", SOCK_ENAME,
	    "certificate is for \"*w.example.org\", not \"www.example.org\"",
	    0 },
	{ { .san = "DNS:xn--*.example.org" }, "xn--a.example.org", SOCK_ENAME,
	    "certificate is for \"xn--*.example.org\", not \"xn--a.example.org\"",
	    0 },
	{ { .san = "DNS:www.*.org" }, "www.example.org", SOCK_ENAME,
	    "certificate is for \"www.*.org\", not \"www.example.org\"", 0 },
	{ { .san = "DNS:*.org" }, NULL, SOCK_ENAME,
	    "certificate is for \"*.org\", not \"example.org\"", 0 },
	{ { .san = "DNS:*" }, "localhost", SOCK_ENAME,
	    "certificate is for \"*\", not \"localhost\"", 0 },
	{ { .san = "DNS:*." }, "localhost.", SOCK_ENAME,
	    "certificate is for \"*.\", not \"localhost\"", 0 },
	{ { .san = "DNS:.example.org" }, "a.example.org", SOCK_ENAME,
	    "certificate is for \".example.org\", not \"a.example.org\"", 0 },

	/* addresses */
	{ { .san = "IP:192.0.2.1" }, "192.0.2.1", 0, NULL, 0 },
	{ { .san = "IP:2001:db8::1" }, "2001:db8::1", 0, NULL, 0 },
	{ { .san = "IP:2001:db8::1" }, "2001:DB8:0:0::1", 0, NULL, 0 },
	{ { .san = "IP:192.0.2.1" }, "192.0.2.2", SOCK_ENAME,
	    "certificate is for \"192.0.2.1\", not \"192.0.2.2\"", 0 },
	{ { .san = "DNS:192.0.2.1" }, "192.0.2.1", SOCK_ENAME,
	    "certificate has \"192.0.2.1\" as a host's name, and not as an address",
	    0 },
	{ { .san = "DNS:2001:db8::1" }, "2001:db8::1", SOCK_ENAME,
	    "certificate has \"2001:db8::1\" as a host's name, and not as an address",
	    0 },
	{ { .san = "DNS:*.0.2.1" }, "192.0.2.1", SOCK_ENAME,
	    "certificate is for \"*.0.2.1\", not \"192.0.2.1\"", 0 },
	{ { .san = "IP:::ffff:192.0.2.1" }, "192.0.2.1", SOCK_ENAME,
	    "certificate is for \"::ffff:192.0.2.1\", not \"192.0.2.1\"", 0 },

	{ { .san = "IP:short" }, "192.0.2.1", SOCK_ENAME,
	    "certificate has no name that counts (its subject is \"nobody\"), not \"192.0.2.1\"",
	    0 },
	{ { .san = "IP:short,DNS:example.net" }, NULL, SOCK_ENAME,
	    "certificate is for \"example.net\", not \"example.org\"", 0 },

	/* what names may not hold */
	{ { .san = "DNS:example.org%00.example.net" }, NULL, SOCK_ENAME,
	    "certificate is for \"example.org\\x00.example.net\", not \"example.org\"",
	    0 },
	{ { .san = "DNS:%00example.org" }, NULL, SOCK_ENAME,
	    "certificate is for \"\\x00example.org\", not \"example.org\"", 0 },
	{ { .san = "DNS:example.org%00" }, NULL, SOCK_ENAME,
	    "certificate is for \"example.org\\x00\", not \"example.org\"", 0 },
	{ { .san = "DNS:example.net\n" }, NULL, SOCK_ENAME,
	    "certificate is for \"example.net\\x0a\", not \"example.org\"", 0 },
	{ { .san = NAMES }, ".example.org", SOCK_EUSAGE,
	    "that is no name of a server", 0 },
	{ { .san = NAMES }, "", SOCK_EUSAGE, "that is no name of a server", 0 },
	{ { .san = NAMES }, ".", SOCK_EUSAGE, "that is no name of a server",
	    0 },

	/* time */
	{ { .san = NAMES, .from = PKI_DAY_ONE, .until = PKI_LAST_DAY }, NULL,
	    SOCK_ECERT, "certificate expired on 2025-02-03", 0 },
	{ { .san = NAMES, .from = PKI_FAR_DAY, .until = "20990401000000Z" },
	    NULL, SOCK_ECERT, "certificate is not valid before 2099-03-04", 0 },
	{ { .san = NAMES, .issuer = "old middle" }, NULL, SOCK_ECERT,
	    "certificate of the issuer \"old middle\" expired on 2025-02-03",
	    0 },

	/* issuers */
	{ { .san = NAMES, .issuer = "root" }, NULL, 0, NULL, 0 },
	{ { .san = NAMES, .issuer = "strange root" }, NULL, SOCK_ECERT,
	    "certificate is of an unknown issuer, \"strange root\", whose own the peer did not send",
	    0 },
	{ { .san = NAMES, .issuer = "false root" }, NULL, SOCK_ECERT,
	    "certificate is of an unknown issuer, \"root\", whose own the peer did not send",
	    0 },
	{ { .san = NAMES, .flags = PKI_SELF }, NULL, SOCK_ECERT,
	    "certificate is self-signed", 0 },
	{ { .san = NAMES, .flags = PKI_ALONE }, NULL, SOCK_ECERT,
	    "certificate is of an unknown issuer, \"middle\", whose own the peer did not send",
	    0 },
	{ { .san = NAMES, .issuer = "no authority" }, NULL, SOCK_ECERT,
	    "certificate of the issuer \"no authority\" is not for a certificate authority",
	    0 },
	{ { .san = NAMES, .issuer = "first version" }, NULL, SOCK_ECERT,
	    "certificate of the issuer \"first version\" is not for a certificate authority",
	    0 },
	{ { .san = NAMES, .issuer = "may not sign" }, NULL, SOCK_ECERT,
	    "certificate of the issuer \"may not sign\" is not for a certificate authority",
	    0 },
	{ { .san = NAMES, .issuer = "narrow middle" }, NULL, SOCK_ECERT,
	    "certificate: permitted subtree violation", 0 },
	{ { .san = NAMES, .issuer = "too deep" }, NULL, SOCK_ECERT,
	    "certificate of the issuer \"lowest middle\": path length constraint exceeded",
	    0 },

	/* revoked, or nobody who could say so */
	{ { .san = NAMES }, NULL, 0, NULL, WITH_CRL },
	{ { .name = "revoked", .san = NAMES }, NULL, SOCK_ECERT,
	    "certificate was revoked on ", WITH_CRL },
	{ { .san = NAMES, .issuer = "rsa middle" }, NULL, SOCK_ECERT,
	    "there is no revocation list of \"rsa middle\"", WITH_CRL },

	/* weak */
	{ { .san = NAMES, .rsa_bits = 2048 }, NULL, 0, NULL, 0 },
	{ { .san = NAMES, .rsa_bits = 512 }, NULL, SOCK_ECERT,
	    "certificate has a weak key, RSA 512", IN_TLS_1_2 },
	{ { .san = NAMES, .rsa_bits = 1024 }, NULL, SOCK_ECERT,
	    "certificate has a weak key, RSA 1024", 0 },
	{ { .san = NAMES, .issuer = "weak middle" }, NULL, SOCK_ECERT,
	    "certificate of the issuer \"weak middle\" has a weak key, RSA 1024",
	    0 },
	{ { .san = NAMES, .digest = "SHA1" }, NULL, SOCK_ECERT,
	    "certificate has a weak signature, ecdsa-with-SHA1", 0 },
	{ { .san = NAMES, .digest = "MD5", .issuer = "rsa middle" }, NULL,
	    SOCK_ECERT, "certificate has a weak signature, RSA-MD5", 0 },

	/* for something else */
	{ { .san = NAMES, .flags = PKI_CLIENT }, NULL, SOCK_ECERT,
	    "certificate is not for a server", 0 },
	{ { .san = NAMES, .flags = PKI_CA }, NULL, SOCK_ECERT,
	    "certificate is not for a server", 0 },
	{ { .san = NAMES, .flags = PKI_CRITICAL }, NULL, SOCK_ECERT,
	    "certificate: unhandled critical extension", 0 },
};
#define ROWS (sizeof rows / sizeof rows[0])

static struct sock_tls *
verifier(unsigned how)
{
	struct sock_tls *t = sock_tls_client();

	assert_int_equal(sock_tls_trust(t, pki_path("root", ".pem")), 0);
	if ((how & WITH_CRL) != 0)
		assert_int_equal(sock_tls_revoked(t,
				     pki_path("middle", ".crl")),
		    0);
	return t;
}

/* The certificate of a row has its number for a name, unless it has one. */
static const char *
name_of(const struct row *r)
{
	static char name[16];

	if (r->cert.name != NULL)
		return r->cert.name;
	(void)snprintf(name, sizeof name, "row %d", (int)(r - rows));
	return name;
}

static void
make(const struct row *r)
{
	struct pki_cert c = r->cert;

	c.name = name_of(r);
	if (c.cn == NULL)
		c.cn = "nobody";
	pki_make(&c);
}

/* What the program was told, and that nothing was said where all was well. */
static bool
as_told(const struct row *r, int rc)
{
	if (rc != r->rc)
		return false;
	return rc == 0 || strstr(sock_errmsg(), r->why) != NULL;
}

/* Which lets keys sign that are too short for what 1.3 asks of them. */
static void
only_tls_1_2(struct peer *p)
{
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
}

static bool
row_holds(const struct row *r)
{
	struct peer p = { .server = true,
		.cert = name_of(r),
		.prepare = (r->how & IN_TLS_1_2) != 0 ? only_tls_1_2 : NULL };
	const char *host = r->host != NULL ? r->host : "example.org";
	struct sock_tls *t = verifier(r->how);
	const sock_t s = peer_begin(&p);
	const int rc = sock_start_tls(s, t, host, soon());
	const bool holds = as_told(r, rc);

	if (!holds)
		fprintf(stderr,
		    "row %d: %s, by %s, for \"%s\": %d (%s), not %d (%s)\n",
		    (int)(r - rows), r->cert.san, r->cert.issuer, host, rc,
		    rc == 0 ? "fine" : sock_errmsg(), r->rc, r->why);
	(void)sock_close(s);
	peer_end(&p);
	sock_tls_free(t);
	return holds;
}

static void
each_certificate_is_for_its_names_alone(void **state)
{
	const char *const revoked[] = { "revoked", NULL };
	size_t i, wrong = 0;

	(void)state;
	for (i = 0; i < sizeof authorities / sizeof authorities[0]; i++)
		pki_make(&authorities[i]);
	for (i = 0; i < ROWS; i++)
		make(&rows[i]);
	pki_revoke("middle", "middle", revoked);
	for (i = 0; i < ROWS; i++)
		wrong += !row_holds(&rows[i]);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_certificate_is_for_its_names_alone),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
