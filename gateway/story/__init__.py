"""`hearth demo --story`: a day in the life of a house, told while it happens. Nothing in it is canned: a real gateway as a
process of its own, a real broker, simulated devices with a record of their own, and agents that have nothing but a token.
"""
