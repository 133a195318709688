"""Batches through guardproxy: every line of a file of requests is a request, every line of results a reply."""
