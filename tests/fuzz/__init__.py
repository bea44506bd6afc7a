"""Random input for minutes: `python -m tests.fuzz NAME --minutes N --seed S`."""
