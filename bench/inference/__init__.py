"""What the models that filters ask cost on this machine."""
