/* SPDX-License-Identifier: MIT */
#include "tls/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All roots that anybody trusts take a quarter of a megabyte. */
#define FILE_MAX ((size_t)16 << 20)
#define CHUNK ((size_t)64 << 10)

static int
why_code(struct socki_tls_why *why, int rc, const char *name)
{
	return socki_tls_why(why, rc, "\"%.160s\": %s", name,
	    sock_strerror(rc));
}

static int
why_errno(struct socki_tls_why *why, const char *name)
{
	return why_code(why, -errno, name);
}

static int
why_damaged(struct socki_tls_why *why, const char *name, const char *what)
{
	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		return socki_tls_why(why, -ENOMEM, "%s", "");
	return socki_tls_why(why, SOCK_ETLS, "\"%.140s\" %s", name, what);
}

/* OpenSSL's own way would leave the descriptor to children that exec. */
static int
read_all(BIO *into, int fd)
{
	unsigned char *chunk = OPENSSL_malloc(CHUNK);
	size_t total = 0;
	ssize_t got = 1;
	int rc = chunk != NULL ? 0 : -ENOMEM;

	while (rc == 0 && got != 0) {
		got = read(fd, chunk, CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = -errno;
		else if (got > 0 && BIO_write(into, chunk, (int)got) != got)
			rc = -ENOMEM;
		else if ((total += (size_t)got) > FILE_MAX)
			rc = -EFBIG;
	}
	OPENSSL_clear_free(chunk, CHUNK);
	return rc;
}

/*
 * A descriptor, or an error and why.  Who waits for files holds a lock: nobody
 * shall wait for one who writes to a FIFO, and what was read from one is not
 * there for the next time.
 */
static int
open_regular(const char *name, struct socki_tls_why *why)
{
	const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int rc = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		rc = why_errno(why, name);
	else if (S_ISDIR(st.st_mode))
		rc = why_code(why, -EISDIR, name);
	else if (!S_ISREG(st.st_mode))
		rc = socki_tls_why(why, SOCK_ETLS,
		    "\"%.140s\" is no regular file", name);
	if (rc < 0 && fd >= 0)
		(void)close(fd);
	return rc < 0 ? rc : fd;
}

/*
 * NULL, and why.  Of keys what is freed is cleared; the heap for that has
 * perhaps a few KiB (CRYPTO_secure_malloc_init(3)), too little for roots.
 */
static BIO *
open_file(const char *name, const BIO_METHOD *memory, struct socki_tls_why *why)
{
	BIO *bio = BIO_new(memory);
	const int fd = open_regular(name, why);
	int rc;

	rc = bio == NULL ? -ENOMEM : fd < 0 ? fd : read_all(bio, fd);
	if (fd >= 0)
		(void)close(fd);
	if (rc == 0)
		return bio;
	if (fd >= 0 || bio == NULL)
		(void)why_code(why, rc, name);
	BIO_free(bio);
	return NULL;
}

/* Whether the last try to read found that nothing more was there. */
static bool
at_end(void)
{
	const unsigned long e = ERR_peek_last_error();
	const bool end = ERR_GET_LIB(e) == ERR_LIB_PEM &&
	    ERR_GET_REASON(e) == PEM_R_NO_START_LINE;

	if (end)
		ERR_clear_error();
	return end;
}

/* Nobody is asked for a password. */
static int
no_password(char *buf, int n, int writes, void *arg)
{
	(void)buf;
	(void)n;
	(void)writes;
	*(bool *)arg = true;
	return -1;
}

int
socki_tls_read_trust(X509_STORE *store, const char *name,
    struct socki_tls_why *why)
{
	BIO *bio = open_file(name, BIO_s_mem(), why);
	X509 *certificate;
	int count = 0, rc = 0;

	if (bio == NULL)
		return why->code;
	while (rc == 0 &&
	    (certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)) !=
		NULL) {
		if (!X509_STORE_add_cert(store, certificate))
			rc = socki_tls_why(why, -ENOMEM, "%s", "");
		X509_free(certificate);
		count++;
	}
	BIO_free(bio);
	if (rc == 0 && (!at_end() || count == 0))
		rc = why_damaged(why, name,
		    count > 0 ? "has a damaged certificate" :
				"has no certificate");
	return rc;
}

/* A name as openssl-rehash(1) makes it: 8 hexadecimal digits, a dot, a digit. */
static bool
is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	    name[9] >= '0' && name[9] <= '9';
}

/* -ENOENT: there is no certificate under its hash. */
static int
look_into(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;
	bool found = false;

	if (d == NULL)
		return -errno;
	while (!found && (entry = readdir(d)) != NULL)
		found = is_hashed(entry->d_name);
	(void)closedir(d);
	return found ? 0 : -ENOENT;
}

int
socki_tls_read_trust_any(X509_STORE *store, const char *name,
    struct socki_tls_why *why)
{
	struct stat st;
	int rc;

	if (stat(name, &st) < 0)
		return why_errno(why, name);
	if (!S_ISDIR(st.st_mode))
		return socki_tls_read_trust(store, name, why);
	rc = look_into(name);
	if (rc == -ENOENT)
		return socki_tls_why(why, SOCK_ETLS,
		    "\"%.100s\" has no certificate under its hash (see "
		    "openssl-rehash(1))",
		    name);
	if (rc < 0)
		return why_code(why, rc, name);
	if (!X509_STORE_load_path(store, name))
		return socki_tls_why(why, -ENOMEM, "%s", "");
	return 0;
}

/* The same of folders with colons between, X509_STORE_load_path(3). */
static bool
has_roots(const char *folders)
{
	char folder[PATH_MAX];
	const char *end;
	bool found = false;

	for (; !found && folders != NULL; folders = end) {
		const size_t n = strcspn(folders, ":");

		end = folders[n] == ':' ? folders + n + 1 : NULL;
		if (n == 0 || n >= sizeof folder)
			continue;
		memcpy(folder, folders, n);
		folder[n] = '\0';
		found = look_into(folder) == 0;
	}
	return found;
}

/* A program that is set-user-ID does not let its user choose. */
static const char *
of_environment(const char *variable, const char *otherwise)
{
	const char *value = secure_getenv(variable);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

int
socki_tls_read_system(X509_STORE *store, struct socki_tls_why *why)
{
	const char *file = of_environment(X509_get_default_cert_file_env(),
	    X509_get_default_cert_file());
	const char *folder = of_environment(X509_get_default_cert_dir_env(),
	    X509_get_default_cert_dir());
	int rc = socki_tls_read_trust(store, file, why);
	const bool has_file = rc == 0;

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (!has_file && !has_roots(folder))
		return socki_tls_why(why, SOCK_ETLS,
		    "the system trusts nobody: there are no roots in "
		    "\"%.70s\" nor in \"%.70s\"",
		    file, folder);
	if (!X509_STORE_load_path(store, folder))
		return socki_tls_why(why, -ENOMEM, "%s", "");
	socki_tls_why(why, 0, "%s", "");
	return 0;
}

int
socki_tls_read_revoked(X509_STORE *store, const char *name,
    struct socki_tls_why *why)
{
	BIO *bio = open_file(name, BIO_s_mem(), why);
	X509_CRL *list;
	int count = 0, rc = 0;

	if (bio == NULL)
		return why->code;
	while (rc == 0 &&
	    (list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		if (!X509_STORE_add_crl(store, list))
			rc = socki_tls_why(why, -ENOMEM, "%s", "");
		X509_CRL_free(list);
		count++;
	}
	BIO_free(bio);
	if (rc == 0 && (!at_end() || count == 0))
		rc = why_damaged(why, name,
		    count > 0 ? "has a damaged revocation list" :
				"has no revocation list");
	return rc;
}

static int
read_chain(struct socki_tls_pair *pair, const char *name,
    struct socki_tls_why *why)
{
	BIO *bio = open_file(name, BIO_s_secmem(), why);
	X509 *more;
	int rc = 0;

	if (bio == NULL)
		return why->code;
	pair->chain = sk_X509_new_null();
	pair->certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
	if (pair->certificate == NULL || pair->chain == NULL)
		rc = why_damaged(why, name, "has no certificate");
	while (rc == 0 &&
	    (more = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (!sk_X509_push(pair->chain, more)) {
			X509_free(more);
			rc = socki_tls_why(why, -ENOMEM, "%s", "");
		}
	}
	BIO_free(bio);
	if (rc == 0 && !at_end())
		rc = why_damaged(why, name, "has a damaged certificate");
	return rc;
}

int
socki_tls_read_pair(struct socki_tls_pair *pair,
    const struct socki_tls_file *file, struct socki_tls_why *why)
{
	bool encrypted = false;
	int rc = read_chain(pair, file->name, why);
	BIO *bio;

	if (rc < 0)
		return rc;
	bio = open_file(file->key, BIO_s_secmem(), why);
	if (bio == NULL)
		return why->code;
	pair->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, &encrypted);
	BIO_free(bio);
	if (pair->key == NULL)
		return why_damaged(why, file->key,
		    encrypted ? "asks for a password" : "has no private key");
	if (!X509_check_private_key(pair->certificate, pair->key))
		return socki_tls_why(why, SOCK_ETLS,
		    "the key in \"%.80s\" is not that of the certificate in "
		    "\"%.80s\"",
		    file->key, file->name);
	return 0;
}

void
socki_tls_free_pair(struct socki_tls_pair *pair)
{
	X509_free(pair->certificate);
	EVP_PKEY_free(pair->key);
	sk_X509_pop_free(pair->chain, X509_free);
}
