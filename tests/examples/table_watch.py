# SPDX-License-Identifier: MIT
"""table_watch.py SOCK: "sock table --watch" on a terminal of its own."""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import time

FRAMES = rb'\033\[H[^\0]*\033\[H[^\0]*\033\[H'
LEAVE = b'\033[0m\033[?25h\033[?1049l'


def size(fd, lines, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', lines, columns, 0, 0))


class Watch:
    def __init__(self, *options, watch=('--watch=0.1',)):
        self.master, self.slave = pty.openpty()
        size(self.slave, 24, 80)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b''
        self.pid = os.fork()
        if self.pid == 0:
            self.take()
            os.execv(sys.argv[1], ['sock', 'table', *watch, *options])

    def take(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(self.slave, fd)

    def read(self):
        """More of the output; False at its end."""
        if not select.select([self.master], [], [], 20)[0]:
            sys.exit(f'nothing comes; the last was {self.seen[-2000:]!r}')
        try:
            more = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += more
        return more != b''

    def until(self, pattern, what):
        """What is on the screen matches, from now on."""
        self.seen = b''
        end = time.monotonic() + 20
        while not re.search(pattern, self.seen):
            if time.monotonic() > end or not self.read():
                sys.exit(f'{what}: not seen: {self.seen[-2000:]!r}')

    def key(self, key):
        os.write(self.master, key)

    def ended(self, code, what):
        """It ends so, and the terminal is as it was."""
        end = time.monotonic() + 20
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() > end:
                sys.exit(f'{what}: it does not end')
            if select.select([self.master], [], [], 0.05)[0]:
                self.read()
        while select.select([self.master], [], [], 0)[0] and self.read():
            pass
        if os.waitstatus_to_exitcode(status) != code:
            sys.exit(f'{what}: status {status:#x}')
        if not self.seen.endswith(LEAVE):
            sys.exit(f'{what}: the screen is not left: {self.seen[-40:]!r}')
        if termios.tcgetattr(self.slave) != self.before:
            sys.exit(f'{what}: the terminal is not as it was')
        os.close(self.master)
        os.close(self.slave)

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO


def frames(watch):
    """Lines of the frames that are whole, without what only colours them."""
    for frame in watch.seen.split(b'\033[H')[1:-1]:
        text = re.sub(rb'\033\[[0-9;]*[mKJ]', b'', frame)
        yield [line.decode('ascii') for line in re.split(rb'\r+\n', text)]


def fits(watch, lines, columns, what):
    count = 0
    for frame in frames(watch):
        count += 1
        if len(frame) > lines or max(map(len, frame)) > columns:
            sys.exit(f'{what}: {frame}')
    if count == 0:
        sys.exit(f'{what}: no frame')


def listener():
    """One of TCP, and its port as it is shown."""
    s = socket.create_server(('127.0.0.1', 0))
    return s, b'%d' % s.getsockname()[1]


# What is new is marked, what has gone fades and goes; totals tell.
watch = Watch('--unix', '--tcp', '--owner', '--numeric')
watch.until(rb'LISTEN|sockets', 'the first frame')
if not watch.is_raw():
    sys.exit('the terminal is not raw')
evil = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
evil.bind('\0evil\033[2J\033]0;x\007')
evil.listen()
a, port = listener()
watch.until(rb'\+ tcp +127.0.0.1:' + port + rb' +\*:\* +LISTEN', 'a new row')
watch.until(rb'\n  tcp +127.0.0.1:' + port + rb' +\*:\* +LISTEN', 'a row')
watch.until(rb'LISTEN 2.*\r+\n[^ ]+/tcp 1', 'totals')
watch.until(rb'@evil%1B', 'a name that is orders to a terminal')
watch.until(FRAMES, 'frames')
fits(watch, 24, 80, '80 columns')
a.close()
watch.until(rb'- tcp +127.0.0.1:' + port + rb' +\*:\* +closed', 'a fading row')
while b':' + port in watch.seen:  # until a frame comes without it
    watch.until(rb'\033\[H[^\0]*\033\[J', 'a frame')
# UNIX sockets with peers are told apart: who stays is not taken for who went.
pairs = []
for name in ('\0first', '\0second', '\0third', '\0fourth'):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(name)
    server.listen()
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(name)
    pairs.append((server.accept()[0], client))
    server.close()
for (went, _), name in zip(pairs, (b'@first', b'@second', b'@third')):
    watch.until(rb'\n  unixpacket +' + name + rb' +- +ESTABLISHED', 'a connected row')
    went.close()
    watch.until(rb'- unixpacket +' + name + rb' +- +closed', 'a connection that went')
del pairs
for key in b'tlpsva':
    watch.key(bytes([key]))
    watch.until(b'sorted by ' + bytes([key]), 'a sort')
many = [socket.create_server(('127.0.0.1', 0)) for _ in range(60)]
watch.key(b't')
watch.until(rb'LISTEN 61', 'many')
watch.key(b'\033[6~')
watch.key(b'j\033[B')
watch.key(b'k\033[A')
watch.until(rb'sockets', 'another page')
size(watch.slave, 40, 120)
watch.until(rb'sockets', 'the larger screen')
watch.until(rb'\033\[H([^\n\033]*(\033\[[0-9;]*[mK][^\n\033]*)*\n){38}', 'the larger screen')
size(watch.slave, 6, 30)
watch.until(rb'sockets', 'the small screen')
watch.until(FRAMES, 'frames of the small screen')
fits(watch, 6, 30, '30 columns')
if b'\033[2J' in watch.seen or b'\033]0' in watch.seen:
    sys.exit('the name of a socket reached the terminal')
watch.key(b'q')
watch.ended(0, 'q')

# The classes have lines of their own where they do not fit, and heads are whole.
passive, port = listener()
client = socket.create_connection(passive.getsockname())
accepted = passive.accept()
CLASSES = rb'\r+\n +\w+, given to clients > \w+, given to clients'
watch = Watch('--tcp', '--owner', '--class', '-n', '-p', port)
watch.until(rb':' + port + rb' +127[^\r]+ ESTABLISHED [^\r]*' + CLASSES, 'classes')
watch.until(FRAMES, 'frames with classes')
fits(watch, 24, 80, 'classes')
if b'transport local' not in watch.seen or b'owners\033[0m' not in watch.seen:
    sys.exit(f'heads: {watch.seen[-2000:]!r}')
watch.key(b'q')
watch.ended(0, 'q after classes')
watch = Watch('--tcp', '--class', '-n', '-p', port, watch=())
watch.until(b' ESTABLISHED' + CLASSES + rb'[^>]*\n', 'a list with classes')
os.waitpid(watch.pid, 0)
for line in watch.seen.decode().split('\r\n'):
    if len(line) > 80:
        sys.exit(f'a list with classes: {line}')
if not re.match(rb'transport +local +peer +state\r\n {11}class\r\n', watch.seen):
    sys.exit(f'the heads of a list: {watch.seen!r}')
os.close(watch.master)
os.close(watch.slave)
del client, accepted

# Of many owners the screen shows some, and that there are more.
wait, hold = os.pipe()
for _ in range(9):
    if os.fork() == 0:
        os.close(hold)
        os.read(wait, 1)
        os._exit(0)
watch = Watch('--tcp', '--owner', '-n', '-l', '-p', port)
watch.until(rb' LISTEN +(\d+/python3,)[^\r]*~\033\[K', 'owners')
watch.key(b'q')
watch.ended(0, 'q after owners')
os.close(hold)
for _ in range(9):
    os.wait()
del passive

for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    watch = Watch()
    watch.until(b'sockets', 'the first frame')
    os.kill(watch.pid, s)
    watch.ended(128 + s, s.name)
for key, code in ((b'\x03', 130), (b'\x04', 0)):
    watch = Watch()
    watch.until(b'sockets', 'the first frame')
    watch.key(key)
    watch.ended(code, f'key {key!r}')

# Stopped, it gives the terminal back, and takes it again when it goes on.
watch = Watch()
watch.until(b'sockets', 'the first frame')
os.kill(watch.pid, signal.SIGTSTP)
os.waitpid(watch.pid, os.WUNTRACED)
if termios.tcgetattr(watch.slave) != watch.before:
    sys.exit('stopped: the terminal is not as it was')
os.kill(watch.pid, signal.SIGCONT)
watch.until(b'sockets', 'a frame after a stop')
if not watch.is_raw():
    sys.exit('the terminal is not raw after a stop')
watch.key(b'q')
watch.ended(0, 'q after a stop')

# A name comes when it comes, and an end does not wait for one.
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(('127.0.0.1', 53))
names.settimeout(20)
far = socket.create_server(('127.9.9.9', 0))
port = b'%d' % far.getsockname()[1]
watch = Watch('--tcp', '--names', '-n', '-l', '-p', port)
watch.until(rb' tcp +127.9.9.9:' + port, 'a host without a name')
query, asker = names.recvfrom(512)
names.sendto(query[:2] + b'\x81\x80\0\1\0\1\0\0\0\0' +
             query[12:query.index(b'\0', 12) + 5] +
             b'\xc0\x0c\0\x0c\0\1\0\0\0\x3c\0\x0a\3far\4test\0', asker)
watch.until(rb' tcp +far\.test:' + port, 'its name')
watch.key(b'q')
watch.ended(0, 'q after names')
watch = Watch('--tcp', '--names', '-n', '-l', '-p', port)
watch.until(rb' tcp +127.9.9.9:' + port, 'a host without a name')
watch.key(b'q')
watch.ended(0, 'q before names')
