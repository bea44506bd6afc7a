"""The language on one screen, as data: the help page shows it, and the tests parse every example."""

from __future__ import annotations

REFERENCE: tuple[tuple[str, str], ...] = (
    ("port:443", "this port at either end; local_port: at this end, peer_port: at the peer's; also port:https"),
    ("service:https", "part of the name of a service, of a listener's port or of the lower one that has a name"),
    ("process:nginx", "part of the name of a process that holds the socket (proc: name:)"),
    ("8080", "a bare number: exactly a port or a pid"),
    ("time-wait", "a state, in any spelling: TIME_WAIT, LISTENING, fin wait 1"),
    ("udp unix tcp6 inet6", "a kind of socket, or an address family"),
    ("10.0.0.1:443 10/8 80/tcp 812/nginx", "an address:port, a network, a port, a process as other tools print them"),
    ("www-data", "any other word: part of anything shown, or of the command line"),
    ("port:22,80,8000-8999", "a list, a range, for every key with numbers"),
    ("port=443 port 443 recv_q>0", "= or a blank may replace the colon; also host ADDRESS, tcp.port==443"),
    ("nginx|sshd", "either; with blanks around it | is or, read from left to right"),
    ("peer:10.0.0.0/8", "a network; addr: either end, local: this one; also address:port and local:/run/*"),
    ("host:web01", "a machine, where several are shown; host:10.0.0.1 is an address, and machine: never one"),
    ("-state:time-wait", "not; -key: is short for not key:"),
    ("tcp ( port:22 or user:bob )", "side by side means and; and, or are read from left to right; ( ) group"),
    ("age:<10s", "opened less than ten seconds ago; s m h d w y; age:>1h"),
    (r"cmdline:/--port=\d+/", "a regular expression; cmd: is short for cmdline:"),
    ('process:"a b"', r"quotes keep words together; inside them \" and \\ are a quote and a backslash"),
    ("user:- pid:-", "- stands for what is not known, as in the table"),
    ("recv_q:>64k", "a comparison; k, m, g are multiples of 1024"),
    ("state:connected", "a state, or a group of ss: connected, synchronized, bucket, big"),
    ("owner_reason:permission", "why no owner is shown"),
    ("problem:close-wait", "what is wrong with it; is:problem is anything that is"),
    ("scope:10.0.0.0/8", "from where a listener can be reached; scope:everyone, scope:eth0, is:exposed"),
    ("is:listening,new", "new changed closed problem listening exposed loopback public mine"),
    (":443  @10.0.0.1:22  tcp:22", "as lsof -i takes it; also *:443"),
    ("dport = :ssh", "as ss takes it: sport dport src dst dev autobound fwmark cgroup, = != < <= > >="),
    ("state connected exclude time-wait", "as ss takes it; and, or, not, ! & |"),
)
"""Examples and what they mean."""

SHIPPED: tuple[tuple[str, str], ...] = (
    ("listening to the world", "is:exposed"),
    ("stuck closing", "state:close-wait,fin-wait-1,fin-wait-2,closing,last-ack"),
    ("waiting for an answer", "state:syn-sent or timer:on"),
    ("problems", "is:problem"),
    ("mine", "is:mine"),
    ("just opened", "is:new"),
)
"""Filters that come with the program: name and text."""
