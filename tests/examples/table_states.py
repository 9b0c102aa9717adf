# SPDX-License-Identifier: MIT
"""Sockets of every kind and state, until standard input ends.  "ready" is said
when they are there."""
import errno
import select
import socket
import sys

held = []


def listener(family, address, backlog=64, both=False):
    s = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind(address)
    s.listen(backlog)
    held.append(s)
    return s


def pair(to, family=socket.AF_INET):
    client = socket.socket(family, socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    client.connect(('127.0.0.1' if family == socket.AF_INET else '::1',
                    to.getsockname()[1]))
    served, _ = to.accept()
    held.extend((client, served))
    return client, served


def stuff(s):
    """Until the peer's window is closed: a FIN then waits behind the data."""
    s.setblocking(False)
    while select.select([], [s], [], 0.3)[1]:
        try:
            s.send(b'x' * 4096)
        except BlockingIOError:
            pass


four = listener(socket.AF_INET, ('127.0.0.1', 0))
six = listener(socket.AF_INET6, ('::1', 0))
both = listener(socket.AF_INET6, ('::', 0), both=True)
listener(socket.AF_INET6, ('::', 0))
listener(socket.AF_INET, ('0.0.0.0', 0))
pair(four)
pair(six, socket.AF_INET6)
pair(both)

# FIN-WAIT-2 and CLOSE-WAIT.
a, b = pair(four)
a.shutdown(socket.SHUT_WR)
# FIN-WAIT-1.
a, b = pair(four)
stuff(a)
a.shutdown(socket.SHUT_WR)
# LAST-ACK and FIN-WAIT-2.
a, b = pair(four)
stuff(a)
b.shutdown(socket.SHUT_WR)
a.shutdown(socket.SHUT_WR)
# CLOSING and FIN-WAIT-2.
a, b = pair(four)
stuff(a)
a.shutdown(socket.SHUT_WR)
b.shutdown(socket.SHUT_WR)
# TIME-WAIT.
a, b = pair(four)
a.close()
assert b.recv(1) == b''
b.close()
# SYN-RECV, of a listener that waits for the first bytes.
late = listener(socket.AF_INET, ('127.0.0.1', 0))
late.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
a = socket.create_connection(late.getsockname())
held.append(a)
# SYN-SENT, into a queue that is full.
full = listener(socket.AF_INET, ('127.0.0.1', 0), backlog=0)
held.append(socket.create_connection(full.getsockname()))
a = socket.socket()
a.setblocking(False)
assert a.connect_ex(full.getsockname()) == errno.EINPROGRESS
held.append(a)

for family, host in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
    a = socket.socket(family, socket.SOCK_DGRAM)
    a.bind((host, 0))
    b = socket.socket(family, socket.SOCK_DGRAM)
    b.connect(a.getsockname()[:2])
    held.extend((a, b))

# Hosts without a name, and a name server that never answers.
for i in range(1, 60):
    a = socket.socket()
    a.bind((f'127.9.9.{i}', 0))
    a.connect(four.getsockname())
    held.extend((a, four.accept()[0]))
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.bind(('127.0.0.1', 53))
held.append(a)

folder = sys.argv[1]
for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    for name in (f'{folder}/{int(kind)}', f'\0table {int(kind)}'.replace(' ', '.')):
        a = socket.socket(socket.AF_UNIX, kind)
        a.bind(name)
        a.listen(3)
        b = socket.socket(socket.AF_UNIX, kind)
        b.connect(name)
        c, _ = a.accept()
        held.extend((a, b, c))
a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a.bind(f'{folder}/datagrams')
b = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
b.connect(f'{folder}/datagrams')
held.extend((a, b))
held.extend(socket.socketpair())

print('ready', flush=True)
sys.stdin.read()
