"""Code: how populations of neurons carry signals, from evaluation points to tuning, decoders and lead."""
