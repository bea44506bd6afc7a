"""Inputs that nobody would write by hand, thrown at whatever reads what comes from outside."""
