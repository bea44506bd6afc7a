"""Everything that reads or asks Linux: bytes in, values out."""
