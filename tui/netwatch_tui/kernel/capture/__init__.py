"""What happens to sockets as the kernel tells of it, event by event, so that none is missed between two ticks."""
