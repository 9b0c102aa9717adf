/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <sock/layer.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/here.h"
#include "base/memory.h"

struct socki_error_record {
	struct sock_error shown;
	bool written; /* shown.text is up to date */
	struct socki_why why;
	char *(*subject_text)(const void *subject, char *buf, size_t n);
	_Alignas(max_align_t) unsigned char subject[SOCKI_SUBJECT_MAX];
	char addr[352]; /* SOCK_ADDR_TEXT_MAX, which base does not know */
	char text[1024];
};

static const struct sock_error none = { 0, false, "", "", "", "" };
static const char no_text[] = "out of memory, and for the error's text too";
static const struct sock_error lost = { -ENOMEM, true, "", "", no_text,
	no_text };

int
socki_why(struct socki_why *why, int code, const char *format, ...)
{
	va_list ap;

	why->instead = false;
	va_start(ap, format);
	(void)vsnprintf(why->text, sizeof why->text, format, ap);
	va_end(ap);
	return code;
}

bool
socki_error_retry(int code)
{
	switch (code) {
	case -EAGAIN:
	case -EINTR:
	case -EBUSY:
	case -ENOMEM:
	case -ENOBUFS:
	case -EMFILE:
	case -ENFILE:
	case -ETIMEDOUT:
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ECONNABORTED:
	case -EHOSTUNREACH:
	case -EHOSTDOWN:
	case -ENETUNREACH:
	case -ENETDOWN:
	case -EADDRINUSE:
	case -ETOOMANYREFS:
	case SOCK_ERESOLVE:
	case SOCK_ELIMIT:
		return true;
	default:
		return false;
	}
}

/* NULL: no memory for it. */
static struct socki_error_record *
record(int code, const char *op)
{
	struct socki_here *h = socki_here();

	if (h->error == NULL)
		h->error = socki_zalloc(sizeof *h->error);
	h->error_lost = h->error == NULL;
	if (h->error == NULL)
		return NULL;
	h->error->shown.code = code;
	h->error->shown.retry = socki_error_retry(code);
	h->error->shown.op = op;
	h->error->written = false;
	h->error->why.text[0] = '\0';
	h->error->why.instead = false;
	h->error->subject_text = NULL;
	return h->error;
}

int
socki_error(int code, const char *op, const char *addr,
    const struct socki_why *why)
{
	struct socki_error_record *r = record(code, op);
	size_t n;

	if (r == NULL)
		return code;
	/* It may be that of the error before: whoever tries again has it. */
	n = addr != NULL ? strnlen(addr, sizeof r->addr - 1) : 0;
	memmove(r->addr, addr != NULL ? addr : "", n);
	r->addr[n] = '\0';
	if (why != NULL)
		r->why = *why;
	return code;
}

int
socki_error_usage(int code, const char *op, const char *misuse)
{
	struct socki_why why;

	socki_why_none(&why);
	if (code == SOCK_EUSAGE)
		(void)socki_why(&why, code, "%s", misuse);
	return socki_error(code, op, NULL, &why);
}

int
socki_error_about(int code, const char *op, const void *subject, size_t size,
    char *(*text)(const void *subject, char *buf, size_t n))
{
	struct socki_error_record *r = record(code, op);

	if (r == NULL)
		return code;
	memcpy(r->subject, subject, size);
	r->subject_text = text;
	return code;
}

int
sock_fail(int code, const char *op, const char *addr, const char *reason)
{
	struct socki_why why;

	if (reason == NULL)
		return socki_error(code, op, addr, NULL);
	(void)socki_why(&why, code, "%s", reason);
	why.instead = true;
	return socki_error(code, op, addr, &why);
}

/* Bytes of a peer's choice must not move a terminal's cursor. */
static size_t
append(char *buf, size_t at, size_t cap, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s != '\0' && at + 5 < cap; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c < 0x7f) {
			buf[at++] = (char)c;
			continue;
		}
		buf[at++] = '\\';
		buf[at++] = 'x';
		buf[at++] = hex[c >> 4];
		buf[at++] = hex[c & 15];
	}
	buf[at] = '\0';
	return at;
}

static void
write_text(struct socki_error_record *r)
{
	char raw[sizeof r->addr];
	size_t n;

	if (r->subject_text != NULL)
		(void)r->subject_text(r->subject, raw, sizeof raw);
	else
		memcpy(raw, r->addr, sizeof raw);
	(void)append(r->addr, 0, sizeof r->addr, raw);
	r->subject_text = NULL;

	n = append(r->text, 0, sizeof r->text, r->shown.op);
	if (r->addr[0] != '\0') {
		n = append(r->text, n, sizeof r->text, " ");
		n = append(r->text, n, sizeof r->text, r->addr);
	}
	n = append(r->text, n, sizeof r->text, ": ");
	r->shown.reason = r->text + n;
	if (!r->why.instead) {
		n = append(r->text, n, sizeof r->text,
		    sock_strerror(r->shown.code));
		if (r->why.text[0] != '\0')
			n = append(r->text, n, sizeof r->text, ": ");
	}
	(void)append(r->text, n, sizeof r->text, r->why.text);
	r->shown.addr = r->addr;
	r->shown.text = r->text;
	r->written = true;
}

const struct sock_error *
sock_last_error(void)
{
	struct socki_here *h = socki_here();

	if (h->error == NULL)
		return h->error_lost ? &lost : &none;
	if (!h->error->written)
		write_text(h->error);
	return &h->error->shown;
}

const char *
sock_errmsg(void)
{
	return sock_last_error()->text;
}

const char *
sock_version(void)
{
	return SOCK_VERSION;
}
