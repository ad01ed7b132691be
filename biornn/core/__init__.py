"""Records, checks and seeds: what the five stages hand to one another.

Nothing here computes, simulates, reads a file or draws; numpy is the only import.
"""
