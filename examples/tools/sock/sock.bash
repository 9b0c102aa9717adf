# SPDX-License-Identifier: MIT
# Completion of sock(1) for bash.

_sock() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local command='' word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		port|service|addr|resolve|connect|listen)
			command=$word
			break
			;;
		esac
	done
	if [[ $before == -t || $before == --timeout ]]; then
		COMPREPLY=()
	elif [[ $current == -* ]]; then
		local options='--json --help --version'
		case $command in
		resolve) options+=' --reverse --timeout' ;;
		connect) options+=' --verbose --timeout --crlf' ;;
		listen) options+=' --verbose --timeout --crlf --keep' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    'port service addr resolve connect listen' -- "$current")
	elif [[ $command == connect || $command == listen ]]; then
		# Readline takes ':' for the end of a word.
		if ((COMP_CWORD > 1)) && [[ $current != : && $before != : ]]; then
			compopt -o nospace
			mapfile -t COMPREPLY < <(compgen -W 'tcp: unix:' -- "$current")
		fi
	fi
}
complete -F _sock sock
