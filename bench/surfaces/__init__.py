"""Which surfaces of which dialect are guarded, as a table of actual runs. `python -m bench.surfaces`."""
