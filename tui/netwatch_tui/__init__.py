"""netwatch-tui: a live table of this machine's sockets and the processes that own them."""
