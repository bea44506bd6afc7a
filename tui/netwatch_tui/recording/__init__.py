"""What was seen, written down and read again."""
