"""Rules as data: read from YAML, checked, and evaluated by one pure function. Does no I/O once loaded."""
