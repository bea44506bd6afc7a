"""Other machines, each by the recording that its own end of the program sends: started, read, asked, and let go."""
