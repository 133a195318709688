"""A proxy between a backend and its tool servers: calls and results cross the same guard as requests and replies."""
