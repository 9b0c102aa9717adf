# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# nginx, with files of a size and answers of every kind.

web_serve() {
	mkdir -p web/files web/tmp
	head -c 1024 /dev/urandom >web/files/1k
	# No piece of it is like another, and every run has the same.
	seq 10000000 99999999 | head -c 104857600 >web/files/100m
	head -c 200000 web/files/100m >web/files/text
	printf '<title>rig</title>\n' >web/files/index.html
	web_nginx >web/nginx.conf
	serve nginx 80 nginx -p "$PWD/web" -c nginx.conf -e stderr
}

web_nginx() {
	cat <<-END
	daemon off;
	user root;
	worker_processes 1;
	pid $PWD/web/pid;
	error_log stderr;
	events {}
	http {
		default_type application/octet-stream;
		types { text/html html; }
		access_log $PWD/web/access;
		client_body_temp_path $PWD/web/tmp/body;
		proxy_temp_path $PWD/web/tmp/proxy;
		fastcgi_temp_path $PWD/web/tmp/fastcgi;
		uwsgi_temp_path $PWD/web/tmp/uwsgi;
		scgi_temp_path $PWD/web/tmp/scgi;
		server {
			listen 80;
			listen [::]:80;
			listen 443 ssl http2;
			listen [::]:443 ssl http2;
			ssl_protocols TLSv1.2 TLSv1.3;
			ssl_certificate $PWD/certificates/good-ec.pem;
			ssl_certificate_key $PWD/certificates/leaf.key;
			root $PWD/web/files;
			location = /moved { return 301 /1k; }
			location = /found { return 302 http://$domain/moved; }
			location = /loop { return 302 /loop; }
			location = /tls { return 301 https://$domain/; }
			location = /empty { return 204; }
			location = /gone { return 410; }
			location = /broken { return 503; }
			location = /hang-up { return 444; } # without an answer
			# In chunks, since its length is not known before.
			location = /chunks { ssi on; ssi_types *;
				alias $PWD/web/files/text; }
			location /slow/ { limit_rate 2k; alias $PWD/web/files/; }
			location /paced/ { limit_rate 20m; alias $PWD/web/files/; }
			location = /said { return 200
				"\$remote_addr \$request \$http_host \$http_range\n"; }
		}
		server { # accepts and is silent
			listen 81;
			listen [::]:81;
			location / { proxy_pass http://$v4.10; }
		}
	}
	END
}
