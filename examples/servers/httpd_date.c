/* SPDX-License-Identifier: MIT */
#include "httpd_date.h"

#include <string.h>
#include <strings.h>

#define DAY 86400
#define YEAR_9999 253402300799

struct moment {
	int year, month, day, hour, minute, second; /* month 0 is January */
};

/* A date that was put before: most are of this second, or of few files. */
struct known {
	int64_t when;
	size_t length; /* 0: none yet */
	char text[32];
};

#define KNOWN 16

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const days[7] = { "Sunday", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday" };

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_of(int year, int month)
{
	static const int table[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	return table[month] + (month == 1 && is_leap(year));
}

/* From the first day of 1970 to that of a year. */
static int64_t
days_before(int year)
{
	const int y = year - 1;

	return 365 * (int64_t)(year - 1970) + (y / 4 - 492) - (y / 100 - 19) +
	    (y / 400 - 4);
}

static int64_t
bounded(int64_t when)
{
	if (when < 0)
		return 0;
	return when < YEAR_9999 ? when : YEAR_9999;
}

static struct moment
split(int64_t when)
{
	struct moment m;
	int64_t day;

	day = when / DAY;
	m.year = 1970 + (int)(day / 366);
	while (days_before(m.year + 1) <= day)
		m.year++;
	day -= days_before(m.year);
	for (m.month = 0; day >= days_of(m.year, m.month); m.month++)
		day -= days_of(m.year, m.month);
	m.day = (int)day + 1;
	m.hour = (int)(when % DAY / 3600);
	m.minute = (int)(when % 3600 / 60);
	m.second = (int)(when % 60);
	return m;
}

static void
put_clock(struct out *o, const struct moment *m)
{
	put_padded(o, m->hour, 2);
	put_char(o, ':');
	put_padded(o, m->minute, 2);
	put_char(o, ':');
	put_padded(o, m->second, 2);
}

/* RFC 9110, 5.6.7. */
static void
write_date(struct out *o, int64_t when)
{
	const struct moment m = split(when);

	/* The first day of 1970 was a Thursday. */
	put_bytes(o, days[(when / DAY + 4) % 7], 3);
	put(o, ", ");
	put_padded(o, m.day, 2);
	put_char(o, ' ');
	put(o, months[m.month]);
	put_char(o, ' ');
	put_padded(o, m.year, 4);
	put_char(o, ' ');
	put_clock(o, &m);
	put(o, " GMT");
}

static void
write_log_date(struct out *o, int64_t when)
{
	const struct moment m = split(when);

	put_padded(o, m.day, 2);
	put_char(o, '/');
	put(o, months[m.month]);
	put_char(o, '/');
	put_padded(o, m.year, 4);
	put_char(o, ':');
	put_clock(o, &m);
	put(o, " +0000");
}

static void
put_known(struct out *o, struct known *k, int64_t when,
    void (*write)(struct out *, int64_t))
{
	if (k->length == 0 || k->when != when) {
		struct out text = { .at = k->text, .room = sizeof k->text };

		write(&text, when);
		k->when = when;
		k->length = text.used;
	}
	put_bytes(o, k->text, k->length);
}

void
put_date(struct out *o, int64_t when)
{
	static _Thread_local struct known dates[KNOWN];

	when = bounded(when);
	put_known(o, &dates[when % KNOWN], when, write_date);
}

void
put_log_date(struct out *o, int64_t when)
{
	static _Thread_local struct known date;

	put_known(o, &date, bounded(when), write_log_date);
}

static int *
number_of(struct moment *m, char letter)
{
	switch (letter) {
	case 'Y':
		return &m->year;
	case 'D':
	case '_':
		return &m->day;
	case 'h':
		return &m->hour;
	case 'm':
		return &m->minute;
	case 's':
		return &m->second;
	default:
		return NULL;
	}
}

static bool
take_month(struct text *t, struct moment *m)
{
	while (m->month < 12 && t->n >= 3 &&
	    memcmp(t->at, months[m->month], 3) != 0)
		m->month++;
	if (t->n < 3 || m->month == 12)
		return false;
	t->at += 3;
	t->n -= 3;
	return true;
}

/*
 * Takes what a pattern tells from the front: Y, D, h, m, s a digit of the
 * number of that name, "_" a blank or a digit of the day, b the three letters
 * of a month, anything else itself.
 */
static bool
take(struct text *t, const char *pattern, struct moment *m)
{
	for (; *pattern != '\0'; pattern++) {
		int *number = number_of(m, *pattern);

		if (t->n == 0)
			return false;
		if (*pattern == 'b') {
			if (!take_month(t, m))
				return false;
			continue;
		}
		if (number != NULL && is_digit(*t->at))
			*number = 10 * *number + (*t->at - '0');
		else if (*pattern == '_' ? *t->at != ' ' :
					   number != NULL || *t->at != *pattern)
			return false;
		t->at++;
		t->n--;
	}
	return true;
}

static bool
take_day_name(struct text *t, bool *whole)
{
	size_t i, n;

	for (i = 0; i < 7; i++) {
		n = strlen(days[i]);
		*whole = t->n > n && memcmp(t->at, days[i], n) == 0;
		if (!*whole)
			n = 3;
		if (t->n > n && memcmp(t->at, days[i], n) == 0) {
			t->at += n;
			t->n -= n;
			return true;
		}
	}
	return false;
}

static int64_t
join(const struct moment *m)
{
	int64_t day = days_before(m->year) + m->day - 1;
	int month;

	/* 60 is a leap second. */
	if (m->year < 1970 || m->day < 1 ||
	    m->day > days_of(m->year, m->month) || m->hour > 23 ||
	    m->minute > 59 || m->second > 60)
		return -1;
	for (month = 0; month < m->month; month++)
		day += days_of(m->year, month);
	return day * DAY + 3600 * m->hour + 60 * m->minute + m->second;
}

int64_t
date_parse(struct text t, int64_t now)
{
	struct moment m = { 0 };
	bool whole;

	if (!take_day_name(&t, &whole) || t.n == 0)
		return -1;
	if (*t.at == ' ') {
		if (!take(&t, " b _D hh:mm:ss YYYY", &m))
			return -1;
	} else if (whole) {
		if (!take(&t, ", DD-b-YY hh:mm:ss GMT", &m))
			return -1;
		m.year += 2000;
		if (m.year > split(now).year + 50)
			m.year -= 100;
	} else if (!take(&t, ", DD b YYYY hh:mm:ss GMT", &m)) {
		return -1;
	}
	return t.n == 0 ? join(&m) : -1;
}
