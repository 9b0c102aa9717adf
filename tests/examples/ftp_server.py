# SPDX-License-Identifier: MIT
"""ftp_server.py ROOT HOST [CERTIFICATE [implicit]]: pyftpdlib, for anonymous
and anna.

With a certificate (and its key in the same file) nobody logs in without TLS,
and no data are sent without it; implicit: nothing at all.
"""

import logging
import sys

from pyftpdlib import authorizers, handlers, servers

root, host, *tls = sys.argv[1:]
handler = handlers.FTPHandler
if tls:
    class handler(handlers.TLS_FTPHandler):
        def handle(self):
            if "implicit" in tls:
                self.secure_connection(self.ssl_context)
            super().handle()

    handler.certfile = tls[0]
    handler.tls_control_required = handler.tls_data_required = True
handler.authorizer = authorizers.DummyAuthorizer()
handler.authorizer.add_anonymous(root)
handler.authorizer.add_user("anna", "geheim", root)
logging.basicConfig(level=logging.CRITICAL)
server = servers.FTPServer((host, 0), handler)
address = server.address[0]
print("listening on tcp:%s:%d" %
      ("[%s]" % address if ":" in address else address, server.address[1]),
      file=sys.stderr, flush=True)
server.serve_forever()
