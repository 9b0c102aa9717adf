/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_RESOLVE_EAI_H
#define SOCKI_RESOLVE_EAI_H

/* The code for what getaddrinfo(3) returned, and the errno it left. */
int socki_eai(int code, int error);

/* The same for h_errno, res_query(3). */
int socki_herrno(int code, int error);

#endif
