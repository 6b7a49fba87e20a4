"""What readings tell of themselves: how noisy they are, how often they come, and which of them are unusual.

An estimate lowers the quality of a reading or adds to what is known of it; it never makes a reading better than it was told.
"""
