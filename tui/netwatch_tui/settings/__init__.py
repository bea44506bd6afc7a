"""The configuration: one TOML file that a person writes, and what the program remembers of the screen by itself."""
