# Completion of netwatch-tui for fish. Made by netwatch_tui.manual.
complete -c netwatch-tui -f
complete -c netwatch-tui -s t -l tcp -d 'TCP sockets'
complete -c netwatch-tui -s u -l udp -d 'UDP sockets'
complete -c netwatch-tui -s w -l raw -d 'raw sockets'
complete -c netwatch-tui -s x -l unix -d 'unix sockets'
function __netwatch_tui_kinds
    printf '%s\n' tcp udp unix raw udplite icmp sctp packet netlink inet all
end
complete -c netwatch-tui -s A -l query -x -a '(__fish_complete_list , __netwatch_tui_kinds)' -d 'comma-separated kinds of sockets: tcp, udp, unix, raw, udplite, icmp, sctp, packet, netlink, inet, all'
complete -c netwatch-tui -s 4 -l ipv4 -d 'IPv4 sockets'
complete -c netwatch-tui -s 6 -l ipv6 -d 'IPv6 sockets'
complete -c netwatch-tui -s l -l listening -d 'listening sockets only'
complete -c netwatch-tui -s a -l all -d 'sockets in all states (the default)'
complete -c netwatch-tui -s N -l net -x -d 'the network namespace with this name, path, pid or inode'
complete -c netwatch-tui -l all-namespaces -d 'every visible network namespace'
complete -c netwatch-tui -l once -d 'print one snapshot and exit; the default when stdout is not a terminal'
complete -c netwatch-tui -s f -l format -x -a 'table json ndjson csv tsv' -d 'output format: table, json, ndjson, csv, tsv (default: table)'
function __netwatch_tui_columns
    printf '%s\n' netid family state recv_q send_q local local_address local_port peer peer_address peer_port interface owners users pid process fd cmdline owner_reason last_owners queue_of user uid age netns netns_name unit container timer timer_left retransmits drops refs inode rate_in rate_out bytes_in bytes_out rtt rtt_var rtt_min retrans retrans_total bytes_retrans retrans_share cwnd congestion delivery_rate pacing_rate mss unsent unacked last_sent last_received limited_by cookie v6only fwmark cgroup cgroup_path autobound seen_at was_there problem mark
end
complete -c netwatch-tui -l columns -x -a '(__fish_complete_list , __netwatch_tui_columns)' -d 'comma-separated columns, by id; the manual page lists them'
complete -c netwatch-tui -l sort -x -a 'netid family state recv_q send_q local local_address local_port peer peer_address peer_port interface owners users pid process fd cmdline owner_reason last_owners queue_of user uid age netns netns_name unit container timer timer_left retransmits drops refs inode rate_in rate_out bytes_in bytes_out rtt rtt_var rtt_min retrans retrans_total bytes_retrans retrans_share cwnd congestion delivery_rate pacing_rate mss unsent unacked last_sent last_received limited_by cookie v6only fwmark cgroup cgroup_path autobound seen_at was_there problem mark' -d 'sort by this column, in the given direction; by default amounts are sorted from the largest down'
complete -c netwatch-tui -s H -l no-header -d 'no header line in table, csv and tsv'
complete -c netwatch-tui -s e -l extended -d 'add user and inode to the table'
complete -c netwatch-tui -s o -l options -d 'add timers to the table'
complete -c netwatch-tui -l color -x -a 'auto always never' -d 'colour the header and differences: auto, always or never (default: auto, on for a terminal)'
complete -c netwatch-tui -s n -l numeric -d 'accepted; addresses and ports are always numeric'
complete -c netwatch-tui -s p -l processes -d 'accepted; owning processes are always shown'
complete -c netwatch-tui -s i -l info -d 'add rates, totals, round-trip times and retransmits; rates take two looks, --interval apart'
complete -c netwatch-tui -s r -l resolve -d 'accepted; no name is looked up, nothing is sent'
complete -c netwatch-tui -l watch -d 'print an NDJSON event whenever a socket opens, changes or closes, until stopped'
complete -c netwatch-tui -l wait-for -x -d 'exit with status 0 as soon as a socket matches, with 1 after --timeout; print it if --format is given'
complete -c netwatch-tui -l timeout -x -d 'with --wait-for: give up after this long, such as 30s'
complete -c netwatch-tui -l for -x -d 'stop after this long, such as 30s, 10m or 2h30m; with --record, without the screen'
complete -c netwatch-tui -l interval -x -d 'seconds from one tick to the next, 0.05 to 60 (default: 1)'
complete -c netwatch-tui -l record -r -F -d 'record sockets of every kind to FILE; - is stdout, .gz compresses'
complete -c netwatch-tui -l replay -r -F -d 'show a recording instead of this machine\'s sockets; - is stdin'
complete -c netwatch-tui -l diff -r -F -d 'print what opened, closed or changed owner between two recordings or JSON snapshots; status 1 if anything did'
complete -c netwatch-tui -l theme -x -a 'netwatch daylight' -d 'colour theme (default: netwatch)'
complete -c netwatch-tui -l no-mouse -d 'leave the mouse to the terminal'
complete -c netwatch-tui -l debug -d 'add where something failed to debug.log in the state folder, ~/.local/state/netwatch-tui'
complete -c netwatch-tui -l version -d 'print the version and exit'
