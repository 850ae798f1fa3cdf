"""Fall detection: training of the model's constants, and its evaluation by recordings."""
