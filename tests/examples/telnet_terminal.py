# SPDX-License-Identifier: MIT
"""telnet_terminal.py TELNET: a person at a terminal, and a server."""
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import sys
import termios
import time

PATIENCE = 60
IAC = b'\377'
WILL, WONT, DO, DONT = (IAC + bytes([verb]) for verb in (251, 252, 253, 254))
ECHO, NAWS = b'\1', b'\37'
ESCAPE = b'\x1d'


def window(columns, lines):
    numbers = struct.pack('!HH', columns, lines).replace(IAC, IAC + IAC)
    return IAC + b'\372' + NAWS + numbers + IAC + b'\360'


class Session:
    def __init__(self, what, *options, stdout=None):
        self.what = what
        self.stdout = stdout
        listener = socket.create_server(('127.0.0.1', 0))
        listener.settimeout(PATIENCE)
        self.master, self.slave = pty.openpty()
        self.size(80, 24)
        self.before = self.state()
        self.seen = b''
        self.pid = os.fork()
        if self.pid == 0:
            self.take()
            os.execv(sys.argv[1], ['telnet', *options, '127.0.0.1',
                                   str(listener.getsockname()[1])])
        self.server, _ = listener.accept()
        self.server.settimeout(PATIENCE)
        listener.close()
        self.until(b'connected to')

    def take(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(self.slave, fd)
        if self.stdout is not None:
            os.dup2(self.stdout, 1)

    def fail(self, why):
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(f'{self.what}: {why}; on the screen: {self.seen[-500:]!r}')

    def size(self, columns, lines):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack('HHHH', lines, columns, 0, 0))

    def state(self):
        return (termios.tcgetattr(self.slave),
                fcntl.fcntl(self.slave, fcntl.F_GETFL))

    def read(self):
        """More of the screen; False: there is none by now."""
        if not select.select([self.master], [], [], 0.05)[0]:
            return False
        try:
            self.seen += os.read(self.master, 65536)
        except OSError:
            return False
        return True

    def until(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            if time.monotonic() > end:
                self.fail(f'not seen: {text!r}')
            self.read()

    def types(self, keys):
        os.write(self.master, keys)

    def says(self, words):
        self.server.sendall(words)

    def hears(self, expected):
        """The server hears this next; what telnet did before is done."""
        heard = b''
        try:
            while len(heard) < len(expected):
                more = self.server.recv(len(expected) - len(heard))
                if not more:
                    break
                heard += more
        except TimeoutError:
            pass
        if heard != expected:
            self.fail(f'the server hears {heard!r}, not {expected!r}')

    def asks(self, option, answer):
        self.says(option)
        self.hears(answer)

    def settle(self):
        """What is on the screen by now is of no more interest."""
        self.says(b'settled')
        self.until(b'settled')
        self.seen = b''

    def is_raw(self, raw):
        flags = termios.tcgetattr(self.slave)[3]
        lines = termios.ICANON | termios.ECHO | termios.ISIG
        if flags & lines != (0 if raw else lines):
            self.fail(f'local modes are {flags:#o}')

    def echoes(self):
        """The server shows what is typed: each key goes at once."""
        self.asks(WILL + ECHO, DO + ECHO)
        self.is_raw(True)

    def stopped(self):
        if not os.WIFSTOPPED(os.waitpid(self.pid, os.WUNTRACED)[1]):
            sys.exit(f'{self.what}: it ends instead of stopping')
        if self.state() != self.before:
            self.fail('stopped: the terminal is not as it was')

    def goes_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def ended(self, code):
        """It ends so, negative: by a signal; the terminal is as it was."""
        end = time.monotonic() + PATIENCE
        pid = 0
        while pid == 0:
            if time.monotonic() > end:
                self.fail('it does not end')
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        while self.read():
            pass
        if os.waitstatus_to_exitcode(status) != code:
            sys.exit(f'{self.what}: status {status:#x}: {self.seen!r}')
        if self.state() != self.before:
            sys.exit(f'{self.what}: the terminal is not as it was')
        self.server.close()
        os.close(self.master)
        os.close(self.slave)


# Lines while nobody says that he echoes; keys from then on.
s = Session('typing')
s.is_raw(False)
s.types(b'hellx\x7fo\r')
s.hears(b'hello\r\n')
s.until(b'hellx\b \bo\r\n')
s.echoes()
s.settle()
for key in (b'k', b'\x03', b'\x1a', b'\x13', b'\x11', b'\x04', b'\x7f', b'\xe9'):
    s.types(key)
    s.hears(key)
s.types(b'\r\xff')
s.hears(b'\r\n\xff\xff')
s.says(b'there\r\n')
s.until(b'there')
if s.seen != b'there\r\n':
    s.fail('more than the server says')
s.asks(WONT + ECHO, DONT + ECHO)
s.is_raw(False)
s.types(b'once more\r')
s.hears(b'once more\r\n')
s.types(b'half' + ESCAPE)  # a line ends there, too
s.hears(b'half')
s.until(b'telnet> ')
s.types(b'quit\r')
s.ended(0)

# Commands, also those that are typed in one go.
s = Session('commands')
s.echoes()
for keys, heard in ((b'a', IAC + b'\366'), (b'b', IAC + b'\363'),
                    (b'i', IAC + b'\364'), (b'e', ESCAPE)):
    s.settle()
    s.types(ESCAPE)
    s.until(b'telnet> ')
    s.is_raw(False)
    s.types(keys + b'\r')
    s.hears(heard)
    s.is_raw(True)
    s.types(b'x' + ESCAPE + keys + b'\ry')
    s.hears(b'x' + heard + b'y')
    s.is_raw(True)
s.settle()
s.types(ESCAPE + b's\r' + ESCAPE + b'?\r' + ESCAPE + b'\rx')
s.hears(b'x')
s.until(b'the server does ECHO')
s.until(b'q: quit, ')
s.is_raw(True)
s.types(b'z' + ESCAPE + b'q\r')
s.hears(b'z')
s.ended(0)

s = Session('another escape character', '-e', '^A')
s.until(b'the escape character is ^A')
s.echoes()
s.types(ESCAPE + b'\x01q\r')
s.hears(ESCAPE)
s.ended(0)

s = Session('no escape character', '-e', 'none')
s.echoes()
s.types(ESCAPE)
s.hears(ESCAPE)
s.server.close()
s.ended(0)

# The window: when the server asks, and whenever it changes.
s = Session('window')
s.asks(DO + NAWS, WILL + NAWS + window(80, 24))
s.size(255, 65535)
s.hears(window(255, 65535))
s.size(132, 43)
s.hears(window(132, 43))
s.asks(DONT + NAWS, WONT + NAWS)
s.size(100, 30)
s.types(b'x\r')
s.hears(b'x\r\n')
s.asks(DO + NAWS, WILL + NAWS + window(100, 30))

# Stopped, the terminal is the shell's.
s.echoes()
s.types(ESCAPE + b'z\r')
s.stopped()
s.size(90, 20)
s.goes_on()
s.hears(window(90, 20) + window(90, 20))  # back, and a signal
s.is_raw(True)
s.asks(WONT + ECHO, DONT + ECHO)
s.types(b'\x1a')
s.stopped()
s.goes_on()
s.hears(window(90, 20))
s.is_raw(False)
s.types(b'\x03')
s.ended(-signal.SIGINT)

# However it ends.
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    s = Session(number.name)
    s.echoes()
    os.kill(s.pid, number)
    s.ended(-number)
s = Session('SIGTERM at the prompt')
s.echoes()
s.types(ESCAPE)
s.until(b'telnet> ')
os.kill(s.pid, signal.SIGTERM)
s.ended(-signal.SIGTERM)

# Standard output that takes nothing: telnet goes on listening to its user.
readable, writable = os.pipe()
os.set_blocking(writable, False)
filled = 0
try:
    while True:
        filled += os.write(writable, b'.' * 4096)
except BlockingIOError:
    os.set_blocking(writable, True)
for last in ('quit', 'SIGTERM'):
    s = Session(f'a full pipe, and {last}', stdout=writable)
    s.asks(DO + NAWS, WILL + NAWS + window(80, 24))
    s.echoes()
    s.says(b'nobody reads this\r\n')
    for key in (b'a', b'b', b'c'):
        s.types(key)
        s.hears(key)
    s.size(90, 20)
    s.hears(window(90, 20))
    if last == 'quit':
        s.types(ESCAPE + b'q\r')
        s.ended(0)
    else:
        os.kill(s.pid, signal.SIGTERM)
        s.ended(-signal.SIGTERM)

# It comes when it is taken, all of it, and by then the server is heard again.
s = Session('a pipe that is read after all', stdout=writable)
os.close(writable)
s.echoes()
lines = b''.join(b'line %d\r\n' % i for i in range(1000))
s.says(lines)
s.types(b'x')
s.hears(b'x')
s.server.shutdown(socket.SHUT_WR)
got = b''
while more := os.read(readable, 65536):
    got += more
if got[filled:] != lines.replace(b'\r\n', b'\n'):
    s.fail(f'in the pipe: {got[filled:]!r}')
s.ended(0)
os.close(readable)

# A terminal that ^S has stopped, standard error with it.
for typed, heard in ((b'k', b'k'), (ESCAPE, b'')):
    s = Session('a stopped terminal')
    s.echoes()
    termios.tcflow(s.slave, termios.TCOOFF)
    s.says(b'nobody sees this\r\n')
    s.types(typed)
    s.hears(heard)
    os.kill(s.pid, signal.SIGTERM)
    s.ended(-signal.SIGTERM)

s = Session("the server's end")
s.echoes()
s.says(b'good-bye\r\n')
s.server.shutdown(socket.SHUT_WR)
s.until(b'good-bye\r\nthe server ended the connection\r\n')
s.ended(0)

s = Session('a reset')
s.echoes()
s.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
s.server.close()
s.until(b'connection reset')
s.ended(1)

s = Session('--max-time', '-m', '2')
s.until(b'timed out')
s.ended(1)
