/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ADDR_DECIMAL_H
#define SOCKI_ADDR_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum socki_decimal {
	SOCKI_DECIMAL_GOOD,
	SOCKI_DECIMAL_NONE, /* no digit */
	SOCKI_DECIMAL_ZERO, /* a zero before other digits */
	SOCKI_DECIMAL_LARGE /* over max */
};

/*
 * The digits that the n bytes at text begin with, as a number: no sign, no
 * space, no leading zero.  *used counts them all, also where they are refused;
 * *out is set when they are good.
 */
enum socki_decimal socki_decimal_parse(uint32_t *out, size_t *used,
    const char *text, size_t n, uint32_t max);

#endif
