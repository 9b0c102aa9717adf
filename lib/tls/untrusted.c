/* SPDX-License-Identifier: MIT */
#include "tls/untrusted.h"

#include <sock/base.h>
#include <stdio.h>
#include <string.h>

#include "tls/names.h"

#define NAMES_SHOWN 3

/* What names[0..] are, as: "a", "b" and 7 others. */
static int
list_names(const GENERAL_NAMES *names, char *buf, size_t n)
{
	char name[SOCKI_TLS_NAME_MAX];
	int i, count = 0;
	size_t at = 0;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (!socki_tls_name(sk_GENERAL_NAME_value(names, i), name))
			continue;
		if (count++ < NAMES_SHOWN && at < n)
			at += (size_t)snprintf(buf + at, n - at, "%s\"%.60s\"",
			    count > 1 ? ", " : "", name);
	}
	if (count > NAMES_SHOWN && at < n)
		(void)snprintf(buf + at, n - at, " and %d more",
		    count - NAMES_SHOWN);
	return count;
}

/* RFC 9525, 6.5: an address counts where it is one, not in a host's name. */
static bool
has_as_host(const GENERAL_NAMES *names, const char *asked)
{
	char name[SOCKI_TLS_NAME_MAX];
	bool has = false;
	int i, type;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && !has; i++) {
		const GENERAL_NAME *it = sk_GENERAL_NAME_value(names, i);

		(void)GENERAL_NAME_get0_value(it, &type);
		has = type == GEN_DNS && socki_tls_name(it, name) &&
		    strcmp(name, asked) == 0;
	}
	return has;
}

static int
why_name(struct socki_tls_why *why, const X509 *certificate, const char *asked,
    bool address)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	char subject[SOCKI_TLS_NAME_MAX], list[240];

	if (address && has_as_host(names, asked)) {
		(void)socki_tls_why(why, SOCK_ENAME,
		    "certificate has \"%.70s\" as a host's name, and not as "
		    "an address",
		    asked);
	} else if (names != NULL && list_names(names, list, sizeof list) > 0) {
		(void)socki_tls_why(why, SOCK_ENAME,
		    "certificate is for %.140s, not \"%.70s\"", list, asked);
	} else {
		socki_tls_short(X509_get_subject_name(certificate), subject);
		(void)socki_tls_why(why, SOCK_ENAME,
		    "certificate has no name that counts (its subject is "
		    "\"%.60s\"), not \"%.70s\"",
		    subject, asked);
	}
	GENERAL_NAMES_free(names);
	return SOCK_ENAME;
}

static int
why_revoked(struct socki_tls_why *why, X509_STORE_CTX *at, const char *whose)
{
	X509_CRL *list = X509_STORE_CTX_get0_current_crl(at);
	X509_REVOKED *entry = NULL;
	char date[16];

	if (list == NULL ||
	    X509_CRL_get0_by_cert(list, &entry,
		X509_STORE_CTX_get_current_cert(at)) == 0)
		return socki_tls_why(why, SOCK_ECERT, "%s was revoked", whose);
	socki_tls_date(X509_REVOKED_get0_revocationDate(entry), date);
	return socki_tls_why(why, SOCK_ECERT, "%s was revoked on %s", whose,
	    date);
}

static int
why_list_ended(struct socki_tls_why *why, X509_STORE_CTX *at,
    const char *issuer)
{
	X509_CRL *list = X509_STORE_CTX_get0_current_crl(at);
	const ASN1_TIME *end =
	    list != NULL ? X509_CRL_get0_nextUpdate(list) : NULL;
	char date[16];

	if (end == NULL)
		return socki_tls_why(why, SOCK_ECERT,
		    "the revocation list of \"%.60s\" is not valid now",
		    issuer);
	socki_tls_date(end, date);
	return socki_tls_why(why, SOCK_ECERT,
	    "the revocation list of \"%.60s\" ended on %s", issuer, date);
}

static int
why_issuer(struct socki_tls_why *why, X509_STORE_CTX *at, const char *issuer)
{
	return socki_tls_why(why, SOCK_ECERT,
	    sk_X509_num(X509_STORE_CTX_get0_untrusted(at)) <= 1 ?
		"certificate is of an unknown issuer, \"%.60s\", whose own "
		"the peer did not send" :
		"certificate is of an unknown issuer, \"%.60s\"",
	    issuer);
}

static int
why_weak_key(struct socki_tls_why *why, const X509 *certificate,
    const char *whose)
{
	char key[40];

	socki_tls_key(certificate, key);
	return socki_tls_why(why, SOCK_ECERT, "%s has a weak key, %s", whose,
	    key);
}

/* What is wrong with the certificate itself; 0: something else is. */
static int
why_itself(struct socki_tls_why *why, X509_STORE_CTX *at,
    const X509 *certificate, const char *whose)
{
	char date[16];

	switch (X509_STORE_CTX_get_error(at)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		socki_tls_date(X509_get0_notAfter(certificate), date);
		return socki_tls_why(why, SOCK_ECERT, "%s expired on %s", whose,
		    date);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		socki_tls_date(X509_get0_notBefore(certificate), date);
		return socki_tls_why(why, SOCK_ECERT,
		    "%s is not valid before %s", whose, date);
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
		return why_weak_key(why, certificate, whose);
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return socki_tls_why(why, SOCK_ECERT,
		    "%s has a weak signature, %s", whose,
		    OBJ_nid2sn(X509_get_signature_nid(certificate)));
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return socki_tls_why(why, SOCK_ECERT,
		    "%s has a wrong signature", whose);
	case X509_V_ERR_CERT_REVOKED:
		return why_revoked(why, at, whose);
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return socki_tls_why(why, SOCK_ECERT, "%s is self-signed",
		    whose);
	default:
		return 0;
	}
}

/* How it is called: "certificate", `issuer "R3"'. */
static void
call_it(char *buf, size_t n, const X509 *certificate, int depth)
{
	char subject[SOCKI_TLS_NAME_MAX];

	if (depth > 0) {
		socki_tls_short(X509_get_subject_name(certificate), subject);
		(void)snprintf(buf, n, "certificate of the issuer \"%.60s\"",
		    subject);
	} else {
		(void)snprintf(buf, n, "certificate");
	}
}

static int
why_purpose(struct socki_tls_why *why, const char *whose, int depth,
    const char *asked)
{
	return socki_tls_why(why, SOCK_ECERT, "%s is not for a %s", whose,
	    depth > 0         ? "certificate authority" :
		asked != NULL ? "server" :
				"client");
}

int
socki_tls_untrusted(struct socki_tls_why *why, X509_STORE_CTX *at,
    const char *asked)
{
	const X509 *certificate = X509_STORE_CTX_get_current_cert(at);
	const int error = X509_STORE_CTX_get_error(at);
	const int depth = X509_STORE_CTX_get_error_depth(at);
	char whose[120], issuer[SOCKI_TLS_NAME_MAX];

	if (certificate == NULL)
		return socki_tls_why(why, SOCK_ECERT, "certificate: %s",
		    X509_verify_cert_error_string(error));
	call_it(whose, sizeof whose, certificate, depth);
	socki_tls_short(X509_get_issuer_name(certificate), issuer);
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return why_name(why, certificate, asked != NULL ? asked : "",
		    error == X509_V_ERR_IP_ADDRESS_MISMATCH);
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return socki_tls_why(why, SOCK_ECERT,
		    "certificate is of a root that is not trusted, \"%.60s\"",
		    issuer);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return why_issuer(why, at, issuer);
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_INVALID_CA:
		return why_purpose(why, whose, depth, asked);
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return socki_tls_why(why, SOCK_ECERT,
		    "there is no revocation list of \"%.60s\"", issuer);
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return why_list_ended(why, at, issuer);
	default:
		break;
	}
	if (why_itself(why, at, certificate, whose) != 0)
		return why->code;
	return socki_tls_why(why, SOCK_ECERT, "%s: %s", whose,
	    X509_verify_cert_error_string(error));
}
