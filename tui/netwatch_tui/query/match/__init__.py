"""From what a filter means to functions that judge sockets."""
