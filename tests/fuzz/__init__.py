"""Input that nobody would make, and everybody who wants to could: by hand for minutes, in the suite for seconds."""
