"""Who may do what, limits on use and on tuning, what happened: everything beside the text itself."""
