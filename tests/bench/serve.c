/* SPDX-License-Identifier: MIT */
#include "serve.h"

#include <signal.h>

unsigned
serve_list(struct contender *list, struct peer *peers, unsigned count,
    uint64_t (*run)(const struct contender *, unsigned))
{
	unsigned contenders = 0, i;

	for (i = 0; i < count; i++)
		if (peer_wanted(&peers[i]))
			list[contenders++] =
			    (struct contender){ peers[i].name, run, &peers[i] };
	return contenders;
}

uint64_t
serve_turn(struct peer *peer, const struct serve_turn *turn, unsigned count)
{
	struct ask *ask;
	uint64_t taken;
	unsigned done;

	peer_start(peer, turn->place);
	ask = ask_open(peer, &turn->plan);
	(void)ask_run(ask, count / 4);
	taken = turn->clock(peer);
	done = ask_run(ask, count);
	taken = turn->clock(peer) - taken;
	ask_close(ask);
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}
