"""The filter language: from text to what it means, and back."""
