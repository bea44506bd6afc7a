"""What processes do with their sockets, call by call."""
