"""Who made a property what it is: what our commands explain, what only a person does, and what a person takes back."""
