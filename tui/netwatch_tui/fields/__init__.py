"""What is known about a socket, and how it is written for the eye."""
