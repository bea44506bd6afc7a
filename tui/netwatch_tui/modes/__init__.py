"""What the program can do: each mode turns parsed options into an exit status."""
