"""The terminal itself: its modes, what is read from it and written to it, and the signals that come with it."""
