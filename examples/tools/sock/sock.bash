# SPDX-License-Identifier: MIT
# Completion of sock(1) for bash.

_sock() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local command='' word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		port|service|addr|resolve|connect|listen|tls|table)
			command=$word
			break
			;;
		esac
	done
	if [[ $before == -t || $before == --timeout || $before == --proxy ||
	    $before == --alpn || $before == --servername ]]; then
		COMPREPLY=()
	elif [[ $before == --trust || $before == --crl ||
	    $before == --cert || $before == --key ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	elif [[ $command == table && $before == @(-s|--state) ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    'established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait
		    unconnected close-wait last-ack listen closing' -- "$current")
	elif [[ $current == -* ]]; then
		local options='--json --help --version'
		case $command in
		resolve) options+=' --reverse --timeout' ;;
		connect)
			options+=' --verbose --timeout --crlf --raw --proxy --trust'
			options+=' --crl --cert --key --alpn --servername --insecure'
			;;
		listen)
			options+=' --verbose --timeout --crlf --raw --keep --trust'
			options+=' --crl --cert --key --alpn'
			;;
		tls)
			options+=' --timeout --proxy --trust --crl --cert'
			options+=' --key --alpn --servername --insecure'
			;;
		table)
			options='--tcp --udp --unix --listen --state --port'
			options+=' --owner --numeric --names --class --summary'
			options+=' --json --watch --help'
			;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    'port service addr resolve connect listen tls table' -- "$current")
	elif [[ $command == connect || $command == listen ]]; then
		# Readline takes ':' for the end of a word.
		if ((COMP_CWORD > 1)) && [[ $current != : && $before != : ]]; then
			compopt -o nospace
			mapfile -t COMPREPLY < <(compgen -W 'tcp: tls: udp: unix:' -- "$current")
		fi
	fi
}
complete -F _sock sock
