/* SPDX-License-Identifier: MIT */
#include "tls/names.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void
show(char *buf, size_t n, const unsigned char *bytes, size_t length)
{
	size_t i, at = 0;

	for (i = 0; i < length && at + 5 <= n; i++) {
		const unsigned char c = bytes[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			at += (size_t)snprintf(buf + at, n - at, "\\x%02x", c);
		else
			buf[at++] = (char)c;
	}
	buf[at] = '\0';
}

static void
show_string(char *buf, size_t n, const ASN1_STRING *string)
{
	show(buf, n, ASN1_STRING_get0_data(string),
	    (size_t)ASN1_STRING_length(string));
}

bool
socki_tls_name(const GENERAL_NAME *name, char buf[SOCKI_TLS_NAME_MAX])
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

	if (type == GEN_DNS) {
		show_string(buf, SOCKI_TLS_NAME_MAX, value);
		return true;
	}
	if (type != GEN_IPADD)
		return false;
	/* Whoever made the certificate chose how long it is. */
	if (ASN1_STRING_length(value) != 4 && ASN1_STRING_length(value) != 16)
		return false;
	return inet_ntop(ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6,
		   ASN1_STRING_get0_data(value), buf,
		   SOCKI_TLS_NAME_MAX) != NULL;
}

void
socki_tls_short(const X509_NAME *name, char buf[SOCKI_TLS_NAME_MAX])
{
	const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

	if (at < 0)
		socki_tls_long(name, buf, SOCKI_TLS_NAME_MAX);
	else
		show_string(buf, SOCKI_TLS_NAME_MAX,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

void
socki_tls_long(const X509_NAME *name, char *buf, size_t n)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long length = 0;

	if (out != NULL &&
	    X509_NAME_print_ex(out, name, 0,
		XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		length = BIO_get_mem_data(out, &bytes);
	buf[0] = '\0';
	if (length > 0)
		show(buf, n, (const unsigned char *)bytes, (size_t)length);
	BIO_free(out);
}

void
socki_tls_date(const ASN1_TIME *time, char buf[16])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm))
		(void)snprintf(buf, 16, "%04d-%02d-%02d",
		    (tm.tm_year + 1900) % 10000, tm.tm_mon % 12 + 1,
		    tm.tm_mday % 32);
	else
		(void)snprintf(buf, 16, "an unknown day");
}

int64_t
socki_tls_seconds(const ASN1_TIME *time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool known;

	known = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time);
	ASN1_TIME_free(epoch);
	return known ? (int64_t)days * 86400 + seconds : 0;
}

void
socki_tls_key(const X509 *certificate, char buf[40])
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	buf[0] = '\0';
	if (key != NULL)
		(void)snprintf(buf, 40, "%.20s %d",
		    EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
}
