/* SPDX-License-Identifier: MIT */
#include "pki.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CERTS_MAX 128
#define PATHS_MAX 8

static struct made {
	char name[40];
	const struct made *issuer; /* NULL: itself */
	EVP_PKEY *key;
	X509 *x;
} made[CERTS_MAX];
static size_t made_count;

static char directory[64];

/*
 * OpenSSL is not compiled for ThreadSanitizer, which sees neither its atomic
 * reads nor what they order.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
const char *__tsan_default_options(void);

const char *
__tsan_default_options(void)
{
	return "ignore_noninstrumented_modules=1";
}
#endif
#endif

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "pki: %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

const char *
pki_path(const char *name, const char *suffix)
{
	static _Thread_local char paths[PATHS_MAX][256];
	static _Thread_local unsigned next;
	char *path = paths[next++ % PATHS_MAX];

	(void)snprintf(path, sizeof paths[0], "%s/%.100s%.20s", directory, name,
	    suffix);
	return path;
}

static FILE *
create(const char *name, const char *suffix)
{
	FILE *f = fopen(pki_path(name, suffix), "we");

	must(f != NULL, name);
	return f;
}

static const struct made *
find(const char *name)
{
	size_t i = made_count;

	while (i-- > 0)
		if (strcmp(made[i].name, name) == 0)
			return &made[i];
	must(false, name);
	return NULL;
}

static EVP_PKEY *
new_key(int rsa_bits)
{
	EVP_PKEY *key = rsa_bits != 0 ? EVP_RSA_gen((unsigned)rsa_bits) :
					EVP_EC_gen("P-256");

	must(key != NULL, "a key");
	return key;
}

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	must(e != NULL && X509_add_ext(x, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

/* "%00" becomes a NUL; the length without the zero at the end. */
static size_t
unescape(char *to, const char *from, size_t n)
{
	size_t i = 0, len = 0;

	while (i < n) {
		if (n - i >= 3 && memcmp(from + i, "%00", 3) == 0) {
			to[len++] = '\0';
			i += 3;
		} else {
			to[len++] = from[i++];
		}
	}
	to[len] = '\0';
	return len;
}

/* How many bytes; "short" is fewer than any address has. */
static size_t
ip_bytes(unsigned char ip[16], const char *text)
{
	const size_t n = strchr(text, ':') != NULL ? 16 : 4;

	ip[0] = 0;
	if (strcmp(text, "short") == 0)
		return 1;
	must(inet_pton(n == 16 ? AF_INET6 : AF_INET, text, ip) == 1, text);
	return n;
}

static GENERAL_NAME *
general_name(const char *text, size_t n)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *s = ASN1_STRING_type_new(V_ASN1_IA5STRING);
	unsigned char ip[16];
	char value[300];
	size_t len;

	must(name != NULL && s != NULL && n < sizeof value, "a name");
	if (n > 4 && memcmp(text, "DNS:", 4) == 0) {
		len = unescape(value, text + 4, n - 4);
		must(ASN1_STRING_set(s, value, (int)len) == 1, text);
		GENERAL_NAME_set0_value(name, GEN_DNS, s);
		return name;
	}
	must(n > 3 && memcmp(text, "IP:", 3) == 0, text);
	(void)unescape(value, text + 3, n - 3);
	len = ip_bytes(ip, value);
	ASN1_STRING_free(s);
	s = ASN1_OCTET_STRING_new();
	must(s != NULL && ASN1_STRING_set(s, ip, (int)len) == 1, text);
	GENERAL_NAME_set0_value(name, GEN_IPADD, s);
	return name;
}

/* By hand: what OpenSSL reads from text can hold no NUL. */
static void
add_names(X509 *x, const char *san)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	must(names != NULL, "names");
	while (*san != '\0') {
		const size_t n = strcspn(san, ",");

		must(sk_GENERAL_NAME_push(names, general_name(san, n)) > 0,
		    san);
		san += n + (san[n] == ',');
	}
	must(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1,
	    "names");
	GENERAL_NAMES_free(names);
}

static void
add_extensions(X509 *x, X509 *issuer, const struct pki_cert *c)
{
	const bool ca = (c->flags & PKI_CA) != 0;

	if ((c->flags & PKI_PATHLEN_0) != 0)
		extend(x, issuer, NID_basic_constraints,
		    "critical,CA:TRUE,pathlen:0");
	else
		extend(x, issuer, NID_basic_constraints,
		    ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(x, issuer, NID_key_usage,
	    ca && (c->flags & PKI_NO_SIGN) == 0 ?
		"critical,keyCertSign,cRLSign" :
		"critical,digitalSignature,keyEncipherment");
	extend(x, issuer, NID_subject_key_identifier, "hash");
	if (issuer != x && X509_get_version(issuer) == X509_VERSION_3)
		extend(x, issuer, NID_authority_key_identifier, "keyid");
	if (!ca)
		extend(x, issuer, NID_ext_key_usage,
		    (c->flags & PKI_CLIENT) != 0 ? "clientAuth" : "serverAuth");
	if (c->permits != NULL)
		extend(x, issuer, NID_name_constraints, c->permits);
	/* Of a company that never was, in the arc of examples. */
	if ((c->flags & PKI_CRITICAL) != 0)
		extend(x, issuer, OBJ_create("2.999.1", "unheard", "unheard"),
		    "critical,DER:0500");
	if (c->san != NULL)
		add_names(x, c->san);
}

static void
set_time(ASN1_TIME *at, const char *text, long days)
{
	if (text != NULL)
		must(ASN1_TIME_set_string_X509(at, text) == 1, text);
	else
		must(X509_time_adj_ex(at, (int)days, 0, NULL) != NULL, "days");
}

static void
sign(X509 *x, EVP_PKEY *key, const char *digest)
{
	must(X509_sign(x, key,
		 EVP_get_digestbyname(digest != NULL ? digest : "SHA256")) > 0,
	    "a signature");
}

static void
fill(struct made *m, const struct pki_cert *c)
{
	X509 *issuer = m->issuer != NULL ? m->issuer->x : m->x;
	X509_NAME *name = X509_get_subject_name(m->x);
	const char *cn = c->cn != NULL ? c->cn : c->name;

	must(X509_set_version(m->x,
		 (c->flags & PKI_PLAIN_V1) != 0 ? X509_VERSION_1 :
						  X509_VERSION_3) == 1,
	    "a version");
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(m->x),
		 1000 + made_count) == 1,
	    "a serial");
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		 (const unsigned char *)cn, -1, -1, 0) == 1,
	    cn);
	must(X509_set_issuer_name(m->x, X509_get_subject_name(issuer)) == 1,
	    c->name);
	set_time(X509_getm_notBefore(m->x), c->from, -1);
	set_time(X509_getm_notAfter(m->x), c->until, 365);
	must(X509_set_pubkey(m->x, m->key) == 1, "a key");
	if ((c->flags & PKI_PLAIN_V1) == 0)
		add_extensions(m->x, issuer, c);
	sign(m->x, m->issuer != NULL ? m->issuer->key : m->key, c->digest);
}

static void
save(const struct made *m, bool alone)
{
	FILE *f = create(m->name, ".key");

	must(PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL) == 1 &&
		fclose(f) == 0,
	    "a key's file");
	f = create(m->name, ".pem");
	must(PEM_write_X509(f, m->x) == 1, "a certificate's file");
	/* A root is the client's to have. */
	for (m = m->issuer; !alone && m != NULL && m->issuer != NULL;
	     m = m->issuer)
		must(PEM_write_X509(f, m->x) == 1, "a certificate's file");
	must(fclose(f) == 0, "a certificate's file");
}

void
pki_make(const struct pki_cert *c)
{
	struct made *m = &made[made_count];

	must(made_count < CERTS_MAX, "too many");
	*m = (struct made){ .key = new_key(c->rsa_bits), .x = X509_new() };
	must(m->x != NULL, "a certificate");
	if ((c->flags & PKI_SELF) == 0)
		m->issuer = find(c->issuer != NULL ? c->issuer : "middle");
	(void)snprintf(m->name, sizeof m->name, "%s", c->name);
	fill(m, c);
	made_count++;
	save(m, (c->flags & PKI_ALONE) != 0);
}

static void
add_revoked(X509_CRL *crl, const char *name, ASN1_TIME *when)
{
	X509_REVOKED *r = X509_REVOKED_new();

	must(r != NULL &&
		X509_REVOKED_set_serialNumber(r,
		    X509_get_serialNumber(find(name)->x)) == 1 &&
		X509_REVOKED_set_revocationDate(r, when) == 1 &&
		X509_CRL_add0_revoked(crl, r) == 1,
	    name);
}

void
pki_revoke(const char *name, const char *issuer, const char *const revoked[])
{
	const struct made *m = find(issuer);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *at = ASN1_TIME_new();
	FILE *f = create(name, ".crl");

	must(crl != NULL && at != NULL &&
		X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(m->x)) == 1,
	    name);
	set_time(at, NULL, -1);
	must(X509_CRL_set1_lastUpdate(crl, at) == 1, name);
	while (*revoked != NULL)
		add_revoked(crl, *revoked++, at);
	set_time(at, NULL, 365);
	must(X509_CRL_set1_nextUpdate(crl, at) == 1, name);
	must(X509_CRL_sort(crl) == 1 &&
		X509_CRL_sign(crl, m->key, EVP_sha256()) > 0 &&
		PEM_write_X509_CRL(f, crl) == 1 && fclose(f) == 0,
	    name);
	ASN1_TIME_free(at);
	X509_CRL_free(crl);
}

void
pki_copy(const char *from, const char *to, size_t n)
{
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	int c;

	must(in != NULL && out != NULL, from);
	while (n-- > 0 && (c = getc(in)) != EOF)
		(void)putc(c, out);
	(void)fclose(in);
	must(fclose(out) == 0, to);
}

void
pki_begin(void)
{
	static const struct pki_cert first[] = {
		{ .name = "root", .flags = PKI_CA | PKI_SELF },
		{ .name = "middle", .issuer = "root", .flags = PKI_CA },
		{ .name = "good",
		    .san = "DNS:example.org,DNS:*.example.org,"
			   "IP:127.0.0.1,IP:::1" },
	};
	const char *tmp = getenv("TMPDIR");
	size_t i;

	(void)snprintf(directory, sizeof directory, "%s/sock-pki-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	must(mkdtemp(directory) != NULL, directory);
	for (i = 0; i < sizeof first / sizeof first[0]; i++)
		pki_make(&first[i]);
}

void
pki_end(void)
{
	DIR *d = opendir(directory);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlink(pki_path(e->d_name, ""));
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(directory);
	while (made_count > 0) {
		X509_free(made[--made_count].x);
		EVP_PKEY_free(made[made_count].key);
	}
}
