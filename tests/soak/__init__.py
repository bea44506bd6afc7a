"""Days of use in half an hour: whether anything grows that should not. No part of pytest."""
