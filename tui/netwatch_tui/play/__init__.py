"""When to look and what to send: live or from a recording. One clock, one stop; no terminal library."""
