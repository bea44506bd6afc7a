"""What is shown, in which order: a snapshot seen through what the person chose."""
