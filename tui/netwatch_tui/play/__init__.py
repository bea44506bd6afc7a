"""When to tick and what to send: live or from a recording. One clock, one stop; no terminal library."""
