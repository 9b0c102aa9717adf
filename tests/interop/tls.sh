# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# Servers that speak TLS and little else: nginx with good certificates of every
# kind and with bad ones, and in protocols that nobody should speak any more;
# echoes by two other implementations; redis.

tls_serve() {
	mkdir -p tls/good tls/bad tls/redis
	tls_good | tls_nginx good >tls/good/nginx.conf
	serve nginx-tls 8443 nginx -p "$PWD/tls/good" -c nginx.conf -e stderr
	{ tls_bad && tls_old; } | tls_nginx bad >tls/bad/nginx.conf
	tls_weak >tls/weak
	certificates_openssl dhparam -dsaparam -out tls/dh1024 1024
	serve nginx-bad 9441 env OPENSSL_CONF="$PWD/tls/weak" \
	    nginx -p "$PWD/tls/bad" -c nginx.conf -e stderr
	tls_redis >tls/redis.conf
	serve redis 6380 redis-server tls/redis.conf
	tls_stunnel >tls/stunnel.conf
	serve stunnel 7007 stunnel4 tls/stunnel.conf
	serve gnutls 7010 gnutls-serv --echo --quiet --port=7010 \
	    --disable-client-cert \
	    --x509certfile=certificates/good-ec.pem \
	    --x509keyfile=certificates/leaf.key
}

# Port, certificate, its key, and nginx's words for what else is special.
tls_good() {
	cat <<-END
	8441 good-rsa rsa ssl_protocols TLSv1.2;
	8442 good-ec leaf ssl_protocols TLSv1.3;
	8443 good-ec leaf ssl_client_certificate $PWD/certificates/root.crt; \
	ssl_crl $PWD/certificates/revoked.pem; ssl_verify_client on; \
	ssl_verify_depth 3;
	8444 good-ed ed
	8445 good-rsa rsa ssl_ecdh_curve secp384r1;
	8446 good-rsa rsa ssl_protocols TLSv1.2; \
	ssl_ciphers ECDHE-RSA-CHACHA20-POLY1305;
	END
}

tls_bad() {
	cat <<-END
	9441 expired leaf
	9442 not-yet leaf
	9443 wrong-host leaf
	9444 self-signed leaf
	9445 untrusted leaf
	9446 revoked leaf
	9447 sha1 rsa
	9448 rsa512 rsa512 ssl_protocols TLSv1.2;
	9449 no-chain leaf
	9450 cn-only leaf
	9451 wrong-usage leaf
	9452 not-ca leaf
	9453 constrained leaf
	9454 old-chain leaf
	9455 critical leaf
	9456 nul-name leaf
	9457 rsa1024 rsa1024
	9458 too-deep leaf
	9459 wild-name leaf
	9460 md5 rsa
	END
}

# What nobody should speak: TLS 1.0 and 1.1, a group of 1024 bits, no cipher.
tls_old() {
	cat <<-END
	9471 good-rsa rsa ssl_protocols TLSv1;
	9472 good-rsa rsa ssl_protocols TLSv1.1;
	9473 good-rsa rsa ssl_protocols TLSv1.2; ssl_dhparam $PWD/tls/dh1024; \
	ssl_ciphers DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0;
	9474 good-rsa rsa ssl_protocols TLSv1.2; \
	ssl_ciphers NULL-SHA256:@SECLEVEL=0;
	END
}

# tls_nginx NAME: an nginx of its own for those tables.
tls_nginx() {
	cat <<-END
	daemon off;
	user root;
	worker_processes 1;
	pid $PWD/tls/$1/pid;
	error_log stderr;
	events {}
	http {
		access_log off;
		client_body_temp_path $PWD/tls/$1/body;
		proxy_temp_path $PWD/tls/$1/proxy;
		fastcgi_temp_path $PWD/tls/$1/fastcgi;
		uwsgi_temp_path $PWD/tls/$1/uwsgi;
		scgi_temp_path $PWD/tls/$1/scgi;
		default_type text/plain;
		ssl_protocols TLSv1.2 TLSv1.3;
	END
	while read -r port name key more; do
		cat <<-END
		server {
			listen $port ssl;
			listen [::]:$port ssl;
			ssl_certificate $PWD/certificates/$name.pem;
			ssl_certificate_key $PWD/certificates/$key.key;
			$more
			return 200 "$name: \$ssl_protocol \$ssl_client_s_dn\n";
		}
		END
	done
	echo '}'
}

# Lets nginx speak what OpenSSL refuses by default.
tls_weak() {
	cat <<-END
	openssl_conf = all
	[all]
	ssl_conf = of_ssl
	[of_ssl]
	system_default = weak
	[weak]
	MinProtocol = TLSv1
	CipherString = DEFAULT:@SECLEVEL=0
	END
}

tls_redis() {
	cat <<-END
	bind * -::*
	port 6379
	protected-mode no
	tls-port 6380
	tls-cert-file $PWD/certificates/good-ec.pem
	tls-key-file $PWD/certificates/leaf.key
	tls-ca-cert-file $PWD/certificates/root.crt
	tls-auth-clients no
	dir $PWD/tls/redis
	save ""
	END
}

tls_stunnel() {
	cat <<-END
	foreground = yes
	pid =
	syslog = no
	debug = notice
	[echo]
	accept = :::7007
	connect = 127.0.0.1:7
	cert = $PWD/certificates/good-ec.pem
	key = $PWD/certificates/leaf.key
	END
}
