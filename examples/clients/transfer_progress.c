/* SPDX-License-Identifier: MIT */
#include "transfer_progress.h"

#include <stdio.h>

#define EVERY_NS 200000000
#define SECOND_NS 1e9

void
progress_begin(struct progress *p, int64_t had, int64_t total)
{
	const sock_time now = sock_now();

	p->had = p->mark = had;
	p->total = total;
	p->began = p->shown = now;
	p->rate = 0;
}

/* "1.5 MB": decimal, as networks and disks count. */
static const char *
amount(double n, char buf[16])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t u = 0;

	while (n >= 999.5 && u + 1 < sizeof units / sizeof units[0]) {
		n /= 1000;
		u++;
	}
	snprintf(buf, 16, u == 0 || n >= 99.5 ? "%.0f %s" : "%.1f %s", n,
	    units[u]);
	return buf;
}

static const char *
span(double seconds, char buf[24])
{
	const int64_t s = (int64_t)(seconds + 0.5);

	if (s < 60)
		snprintf(buf, 24, "%d s", (int)s);
	else if (s < 6000)
		snprintf(buf, 24, "%d:%02d min", (int)(s / 60), (int)(s % 60));
	else if (s < 360000)
		snprintf(buf, 24, "%d:%02d h", (int)(s / 3600),
		    (int)(s / 60 % 60));
	else
		snprintf(buf, 24, "days");
	return buf;
}

static void
print(const struct progress *p, int64_t now, double rate, const char *tail)
{
	char have[16], all[16], speed[16];

	fputs("\r\033[K", stderr);
	if (p->total > 0)
		fprintf(stderr, "%3d %%  %s of %s",
		    (int)(100.0 * (double)now / (double)p->total),
		    amount((double)now, have), amount((double)p->total, all));
	else
		fputs(amount((double)now, have), stderr);
	fprintf(stderr, "  %s/s  %s", amount(rate, speed), tail);
	fflush(stderr);
}

void
progress_show(struct progress *p, int64_t now)
{
	const sock_time time = sock_now();
	char tail[40] = "", left[24];
	double latest;

	if (!p->on || time - p->shown < EVERY_NS)
		return;
	latest =
	    (double)(now - p->mark) * SECOND_NS / (double)(time - p->shown);
	/* Over the last second or so: one slow moment is not the end. */
	p->rate = p->rate > 0 ? 0.8 * p->rate + 0.2 * latest : latest;
	p->shown = time;
	p->mark = now;
	if (p->total > now && p->rate > 0)
		snprintf(tail, sizeof tail, "%s left",
		    span((double)(p->total - now) / p->rate, left));
	print(p, now, p->rate, tail);
}

void
progress_end(struct progress *p, int64_t now)
{
	const double seconds = (double)(sock_now() - p->began) / SECOND_NS;
	char tail[40], took[24];

	if (!p->on)
		return;
	snprintf(tail, sizeof tail, "in %s\n", span(seconds, took));
	print(p, now, seconds > 0 ? (double)(now - p->had) / seconds : 0, tail);
	p->on = false;
}
