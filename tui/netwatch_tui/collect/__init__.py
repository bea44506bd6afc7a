"""What lives between two ticks: the collector and its memory."""
