/* SPDX-License-Identifier: MIT */
#include "table/seen.h"

#include <errno.h>
#include <stddef.h>

void
socki_seen_start(struct socki_seen *seen)
{
	socki_map_start(&seen->words);
	seen->last_key = 0;
	seen->last = NULL;
}

void
socki_seen_end(struct socki_seen *seen)
{
	socki_map_end(&seen->words);
	seen->last_key = 0;
}

int
socki_seen_before(struct socki_seen *seen, uint64_t cookie)
{
	const uint64_t key = (cookie >> 6) + 1;
	const uint64_t bit = UINT64_C(1) << (cookie & 63);

	if (key != seen->last_key) {
		seen->last_key = 0;
		seen->last = socki_map_put(&seen->words, key);
		if (seen->last == NULL)
			return -ENOMEM;
		seen->last_key = key;
	}
	if (*seen->last & bit)
		return 1;
	*seen->last |= bit;
	return 0;
}
