"""The values that everything speaks of, and what happens to them. No input, no output, no clock."""
