# SPDX-License-Identifier: MIT
"""table_agrees.py SS SOCK: two listings, of ss(8) and of "sock table -n", say
the same row by row."""
import collections
import re
import sys

STATES = {'ESTAB': 'ESTABLISHED', 'UNCONN': 'UNCONNECTED'}
KINDS = {'u_str': 'unix', 'u_dgr': 'unixgram', 'u_seq': 'unixpacket'}


def end(text):
    text = re.sub(r'^\[::ffff:([0-9.]+)\]', r'\1', text)
    return '*:*' if text.endswith(':*') else text


def of_ss(line):
    f = line.split()
    state = STATES.get(f[1], f[1])
    if f[0] in KINDS:
        return KINDS[f[0]], '-' if f[4] == '*' else f[4], '', state
    return f[0], end(f[4]), end(f[5]), state


def of_sock(line):
    f = line.split()
    if f[0].startswith('unix'):
        f[2] = ''  # which ss knows by number alone
    return tuple(f)


theirs = collections.Counter(of_ss(line) for line in open(sys.argv[1]))
ours = collections.Counter(of_sock(line) for line in open(sys.argv[2]))
for row in (theirs - ours).elements():
    print('ss alone:  ', *row)
for row in (ours - theirs).elements():
    print('sock alone:', *row)
states = {row[3] for row in ours}
print(f'{sum(ours.values())} rows, {len(states)} states: {sorted(states)}')
sys.exit(theirs != ours or len(states) < 11)
