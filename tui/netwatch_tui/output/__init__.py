"""One-shot output for scripts and pipes."""
