# SPDX-License-Identifier: MIT
"""TLS in front of a server without, by Python's ssl.

tls_front.py [OPTION]... CERT KEY HOST:PORT

Prints "listening on tls:127.0.0.1:PORT" on standard error, and for each
connection a line "VERSION ALPN SERVER-NAME CLIENT" on standard output.  What a
connection says goes to HOST:PORT, until that ends.
"""
import argparse
import select
import socket
import ssl
import sys
import threading


def options():
    p = argparse.ArgumentParser()
    p.add_argument('--ask', metavar='CA')  # clients show a certificate
    p.add_argument('--alpn', default='http/1.1')
    p.add_argument('--cut', action='store_true')  # ends without close_notify
    p.add_argument('--proxy', action='store_true')  # after a CONNECT
    p.add_argument('cert')
    p.add_argument('key')
    p.add_argument('to')
    return p.parse_args()


def context(o):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(o.cert, o.key)
    c.set_alpn_protocols(o.alpn.split(','))
    if o.ask:
        c.verify_mode = ssl.CERT_REQUIRED
        c.load_verify_locations(o.ask)

    def named(connection, name, _):
        connection.asked_for = name

    c.sni_callback = named
    return c


def relay(s, behind):
    """An SSL object is for one thread at a time."""
    ends = [s, behind]
    while True:
        pending = s in ends and s.pending()
        ready = [s] if pending else select.select(ends, [], [])[0]
        if s in ready:
            data = s.recv(65536)
            behind.sendall(data)
            if not data:
                ends.remove(s)
                behind.shutdown(socket.SHUT_WR)
        elif data := behind.recv(65536):
            s.sendall(data)
        else:
            return


def be_a_proxy(plain):
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        head += plain.recv(1) or sys.exit()
    print(head.split(b'\r\n')[0].decode(), flush=True)
    plain.sendall(b'HTTP/1.1 200 OK\r\n\r\n')


def converse(plain, c, o):
    if o.proxy:
        be_a_proxy(plain)
    try:
        s = c.wrap_socket(plain, server_side=True)
    except OSError:  # the client says why
        plain.close()
        return
    client = dict(part[0] for part in (s.getpeercert() or {}).get('subject', ()))
    print(s.version(), s.selected_alpn_protocol() or '-',
          getattr(s, 'asked_for', None) or '-',
          client.get('commonName', '-'), flush=True)
    host, port = o.to.rsplit(':', 1)
    behind = socket.create_connection((host, int(port)))
    try:
        relay(s, behind)
        if not o.cut:
            s.unwrap()
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()
    behind.close()


def main():
    o = options()
    c = context(o)
    listener = socket.create_server(('127.0.0.1', 0))
    print('listening on tls:127.0.0.1:%d' % listener.getsockname()[1],
          file=sys.stderr, flush=True)
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=converse, args=(plain, c, o),
                         daemon=True).start()


main()
