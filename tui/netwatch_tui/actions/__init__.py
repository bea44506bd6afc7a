"""What a person does about a socket: end its process, close it, stop it from listening."""
