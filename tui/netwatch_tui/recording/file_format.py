"""What stands in a recording: NDJSON, a header and then a frame a tick, each line by itself whole.

The header: `{"netwatch-tui": "recording", "version": 1, "host": ..., "started_at": ISO 8601, "interval": seconds}`.

A frame has `t`, the time in seconds since the epoch, `cost`, the seconds that the tick took, and of the following what
there is to say:

- `sockets`: all sockets. The first frame has it, later one now and then: from there on nothing before is needed.
- `opened`: sockets, and `changed`, `updated`: an `id` and the fields that are different; after `sockets`, whose
  entries these are, only ids. A change that starts from something else than what was written is a pair of sockets.
- `closed`, `dropped`: ids. `passed`: sockets that opened and closed since the frame before.
- `events`: what happened in the order of time, as `event_codec` says, where the kernel's events were taken in; also
  where nothing happened. `capture`: how that is done, when it is another way than before, and with `sockets`.
- `processes`: number, then what is known of the process; owners refer to it. Numbers start anew with `sockets`.
- `problems`: pairs of text and times. `namespaces`: as in `Seen`, when it is another one than before.
- `descriptors`: by pid, how many descriptors it holds and may; when they are others than before, and with `sockets`.
- `process_details`: by pid, program, directory and parents, of those of which they are others than before; null where
  they are not known any more. With `sockets` all of them.
- `flows`: by the id of a connection, what the kernel counts of it and its rates, as in `Flow`, of those of which that
  was asked for and is another thing than before; null where it is not known any more. With `sockets` all of them.
- `traffic`: by network device, bytes a second in and out.
- `networks`: by namespace and then by address, as bytes in hex, pairs of network and device; when they are others than
  before, and with `sockets` if there are any.
- `hosts`: where the sockets are those of several machines, or of another one, by number how each of them stood, as in
  `HostStatus`; when that is otherwise than before, and with `sockets`. Inodes of namespaces and pids then have the
  number of their machine above the lower 32 bits.

Lines have at most `text_lines.MOST_LINE` bytes, and numbers, texts and times the ranges of `shapes`. A line that is
damaged is left out, with those behind it up to the next one that has `sockets`, and the reader is told.

The last line of a recording that was ended is `{"ended_at": seconds}`; without it, it broke off.
"""

MAGIC = "netwatch-tui"
VERSION = 1
ALL_EVERY = 600
"""Frames from one with all sockets to the next."""
