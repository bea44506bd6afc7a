"""Files of people and programs, which may hold anything: read with limits, written for nobody else and whole."""
