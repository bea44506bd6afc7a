"""The manual, as a page for man, as Markdown and as plain text, and the completions of the shells."""
