/* SPDX-License-Identifier: MIT */
#include "tls/why.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>

int
socki_tls_why(struct socki_tls_why *why, int code, const char *format, ...)
{
	va_list ap;

	why->code = code;
	va_start(ap, format);
	(void)vsnprintf(why->text, sizeof why->text, format, ap);
	va_end(ap);
	return code;
}

void
socki_tls_queue_clean(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

const char *
socki_tls_queue_text(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text != NULL ? text : "unknown error of OpenSSL";
}

/* Their numbers: RFC 8446, 6. */
static int
why_alert(struct socki_tls_why *why, int alert)
{
	const char *text = SSL_alert_desc_string_long(alert);

	switch (alert) {
	case SSL_AD_PROTOCOL_VERSION:
		text = "no version of TLS in common";
		break;
	case SSL_AD_NO_APPLICATION_PROTOCOL:
		text = "no application protocol in common";
		break;
	case SSL_AD_UNRECOGNIZED_NAME:
		text = "it does not know the server's name";
		break;
	case SSL_AD_CERTIFICATE_REQUIRED:
		text = "it wants a certificate of ours";
		break;
	case SSL_AD_UNKNOWN_CA:
		text = "it does not know the issuer of our certificate";
		break;
	default:
		break;
	}
	return socki_tls_why(why, SOCK_ETLS, "the peer refused: %s", text);
}

static const char *
words(int reason)
{
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
		return "no version of TLS in common";
	case SSL_R_NO_SHARED_CIPHER:
		return "no cipher in common";
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return "no application protocol in common";
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return "the client showed no certificate";
	case SSL_R_DH_KEY_TOO_SMALL:
		return "the peer's temporary key is weak";
	case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
		return "a record was damaged on its way";
	case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
		return "the peer lacks secure renegotiation (RFC 5746)";
	default:
		return NULL;
	}
}

int
socki_tls_why_queue(struct socki_tls_why *why)
{
	const unsigned long e = ERR_peek_error();
	const int reason = ERR_GET_REASON(e);
	const char *text;

	if (reason == ERR_R_MALLOC_FAILURE ||
	    ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		return socki_tls_why(why, -ENOMEM, "%s", "");
	if (ERR_GET_LIB(e) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET &&
	    reason <= SSL_AD_REASON_OFFSET + 255)
		return why_alert(why, reason - SSL_AD_REASON_OFFSET);
	text = ERR_GET_LIB(e) == ERR_LIB_SSL ? words(reason) : NULL;
	if (text == NULL)
		text = ERR_reason_error_string(e);
	return socki_tls_why(why, SOCK_ETLS, "%s",
	    text != NULL ? text : "unknown error of OpenSSL");
}
