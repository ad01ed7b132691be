"""Graph: one short file for each cell that writes it as signals, readings and routes, and when each of them arrives."""
