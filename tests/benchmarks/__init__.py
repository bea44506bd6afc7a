"""What the program costs beside ss, netstat, lsof and psutil, measured in one run. No part of pytest."""
