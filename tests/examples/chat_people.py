# SPDX-License-Identifier: MIT
"""chat_people.py ADDRESS WHAT: people who talk in a chat, by what they do."""
import re
import socket
import sys
import time

PATIENCE = 20


class Person:
    def __init__(self, address, room=None, read=True):
        """In the room of the guests, or in another one."""
        if address.startswith('unix:'):
            self.s = socket.socket(socket.AF_UNIX)
            self.s.connect(address[5:])
        else:
            host, port = re.fullmatch(r'tcp:\[?(.*?)\]?:(\d+)', address).groups()
            family = socket.AF_INET6 if ':' in host else socket.AF_INET
            self.s = socket.socket(family)
            if not read:
                self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            self.s.connect((host, int(port)))
        self.s.settimeout(PATIENCE)
        self.seen = b''
        self.dropped = [] # of whom this one heard so
        if read:
            self.name = self.hears(r'\* you are (\w+), in lobby; .*')
            if room:
                self.says(f'/join {room}')
                self.hears(rf'\* you are in ({room})')

    def says(self, line):
        self.s.sendall(line if isinstance(line, bytes) else (line + '\n').encode())

    def line(self):
        """The next one; None at the end."""
        while b'\n' not in self.seen:
            try:
                more = self.s.recv(65536)
            except ConnectionResetError:
                more = b''
            if not more:
                return None
            self.seen += more
        line, self.seen = self.seen.split(b'\n', 1)
        return line.decode()

    def hears(self, pattern, what=None):
        """The next line that is no news of others; its first group."""
        while True:
            line = self.line()
            if line and (drop := re.fullmatch(r'\* (\S+) did not read, and was dropped', line)):
                self.dropped.append(drop[1])
            elif line is None or not re.fullmatch(r'\* \S+ (is here|has left|is now \S+)', line) \
                    or re.fullmatch(pattern, line):
                break
        match = line is not None and re.fullmatch(pattern, line)
        if not match:
            sys.exit(f'{what or ""} wanted {pattern}, got {line!r}')
        return match[1] if match.groups() and match[1] else line

    def hears_end(self):
        while (line := self.line()) is not None:
            if not re.fullmatch(r'\* .* (is here|has left|dropped|is now \S+)', line):
                sys.exit(f'wanted the end, got {line!r}')

    def leaves(self):
        self.s.close()


def pair(address, room):
    """Two in a room of their own, who know of each other."""
    one = Person(address, room)
    two = Person(address, room)
    one.hears(rf'\* {two.name} is here')
    return one, two


def manners(address):
    """Commands, names, rooms, what may be said."""
    anna, ben = pair(address, 'tea')
    anna.says('/name anna')
    anna.hears(r'\* you are anna')
    ben.hears(rf'\* {anna.name} is now anna')
    for name in ['anna', 'ANNA', 'guest77', 'Guest']:
        ben.says(f'/name {name}')
        ben.hears(r'\* somebody else has this name', name)
    for name in ['', '1st', 'a b', 'a' * 17, 'ann\x1b', 'b\u00e9n', '../ben']:
        ben.says(f'/name {name}')
        ben.hears(r'\* a name is a letter and .*', name)
    ben.says('/name ' + 'b' * 16)
    ben.hears(r'\* you are b{16}')
    ben.says('/name ben')
    ben.hears(r'\* you are ben')

    for said, heard in [
            (b'hello\n', 'hello'),
            (b'hello\r\n', 'hello'),
            ('gr\u00fc\u00dfe \u20ac \U0001f600\n'.encode(), 'gr\u00fc\u00dfe \u20ac \U0001f600'),
            (b'\x1b[2J\x07\x7f\x00\tx\n', r'\x1b[2J\x07\x7f\x00\x09x'),
            (b'\xc2\x9b2J\n', r'\xc2\x9b2J'),
            (b'\xe2\x80\xae\xff\xc0\x80\xed\xa0\x80\n', r'\xe2\x80\xae\xff\xc0\x80\xed\xa0\x80'),
            (b'* ben has left\n', '* ben has left'),
            (b'x\rsecret\n', r'x\x0dsecret'),
            (b'y' * 400 + b'\n', 'y' * 400)]:
        anna.says(said)
        ben.hears(re.escape('anna: ' + heard), said)

    anna.says(b'z' * 401 + b'\n')
    anna.hears(r'\* a line has 400 bytes at most')
    anna.says(b'z' * 300000 + b'\nafter\n')
    anna.hears(r'\* a line has 400 bytes at most')
    ben.hears('anna: after')
    anna.says(b'\n\r\n/nosuch\n')
    anna.hears(r'\* no such command; .*')
    anna.says('/help')
    for command in ['name NAME', 'join ROOM', 'who', 'rooms', 'quit']:
        anna.hears(rf'\* /{command} .*')
    anna.hears(r'\* anything else .*')

    anna.says('/who')
    anna.hears(r'\* tea: (anna, ben|ben, anna)')
    cleo = Person(address, 'milk')
    anna.says('/rooms')
    anna.hears(r'\* rooms: .*milk \(1\).*')
    for room in ['', '7', 'a/b', 'x' * 17]:
        cleo.says(f'/join {room}')
        cleo.hears(r'\* a room is a letter and .*', room)
    cleo.says('nobody hears this')
    cleo.says('/join TEA')
    cleo.hears(r'\* you are in tea')
    anna.hears(rf'\* {cleo.name} is here')
    cleo.says('this they hear')
    anna.hears(rf'{cleo.name}: this they hear')
    ben.hears(rf'{cleo.name}: this they hear')
    cleo.says('/rooms')
    if 'milk' in cleo.hears(r'\* rooms: .*'):
        sys.exit('an empty room is still there')


def endings(address):
    """Who goes, however, is gone for the others, and the name is free."""
    anna, ben = pair(address, 'ends')
    for how in ['/quit', 'end', 'reset', 'middle']:
        cleo = Person(address, 'ends')
        cleo.says('/name cleo')
        cleo.hears(r'\* you are cleo', how)
        anna.hears(r'\* \S+ is now cleo', how)
        if how == '/quit':
            cleo.says('/quit')
            cleo.hears(r'\* good-bye')
            cleo.hears_end()
        elif how == 'end':
            cleo.says('last words')
            cleo.s.shutdown(socket.SHUT_WR)
            anna.hears('cleo: last words')
            cleo.hears_end()
        elif how == 'reset':
            cleo.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
            cleo.leaves()
        else:
            cleo.says(b'half a li')
            cleo.s.shutdown(socket.SHUT_WR)
            anna.hears('cleo: half a li') # as POSIX has it, a last line
            cleo.leaves()
        anna.hears(r'\* cleo has left', how)
    anna.says('still here')
    for heard in ['cleo: last words', 'cleo: half a li', f'{anna.name}: still here']:
        ben.hears(re.escape(heard))


def hurried(address):
    """Who says something and is gone, without hearing, is heard."""
    anna = Person(address)
    for _ in range(10):
        gone = Person(address, read=False)
        gone.says('/name ben\nhello\n/who\ngood-bye')
        gone.leaves()
        anna.hears('ben: hello')
        anna.hears('ben: good-bye')
        anna.hears(r'\* (ben) has left')
    anna.leaves()


def crowd(address):
    """Many in one room: each hears all, once, in the same order."""
    people = [Person(address, 'crowd') for _ in range(40)]
    for p in people:
        p.says(f'I am {p.name}')
    first, order = people[0], None
    for p in people:
        heard = [p.hears(r'(\w+): I am \w+') for _ in people[1:]]
        if sorted(heard + [p.name]) != sorted(q.name for q in people):
            sys.exit(f'{p.name} heard {heard}')
        if p is first:
            order = heard
        elif [n for n in heard if n != first.name] != [n for n in order if n != p.name]:
            sys.exit(f'{p.name} heard another order')
    for p in people[1:]:
        p.leaves()


def slow(address):
    """One who does not read is dropped, and nobody waits for him."""
    anna, ben = pair(address, 'slow')
    deaf = Person(address, read=False)
    deaf.says('/join slow')
    who = anna.hears(r'\* (\S+) is here')
    readers = [anna, ben] + [Person(address, 'slow') for _ in range(4)]
    begin = time.monotonic()
    for turn in range(100):
        talker = readers[turn % len(readers)]
        # four bytes are shown for each of these
        talker.says(b'\x01' * 400 + b'\n')
        for reader in readers:
            if reader is not talker:
                reader.hears(rf'{talker.name}: (?:\\x01){{400}}')
        if ben.dropped:
            break
    if time.monotonic() - begin > PATIENCE:
        sys.exit('the others waited')
    anna.says('on it goes')
    ben.hears(rf'{anna.name}: on it goes')
    if ben.dropped != [who]:
        sys.exit(f'{who} does not read, and dropped were {ben.dropped}')


def flood(address):
    """Much at once is heard in order, a part of it later; nobody is dropped."""
    anna, ben = pair(address, 'flood')
    begin = time.monotonic()
    anna.says(b''.join(b'line %d\n' % i for i in range(30)))
    for i in range(30):
        ben.hears(f'{anna.name}: line {i}')
    if time.monotonic() - begin < 0.5:
        sys.exit('thirty lines in less than half a second')


def good_bye(address):
    """Prints "ready", and then hears good-bye, and the end."""
    people = [Person(address, f'room{i % 5}') for i in range(30)]
    people[0].says('/who') # all that was said before comes first
    people[0].hears(r'\* room0: .*')
    print('ready', flush=True)
    for p in people:
        p.hears(r'\* the server ends; good-bye')
        p.hears_end()


globals()[sys.argv[2]](sys.argv[1])
