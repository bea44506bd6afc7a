"""Everything that reads or asks Linux: bytes in, model values out."""
