"""What models are tuned on: training files read in constant memory, what was found in them, and who may use them."""
