"""What each resource answers, as types. They are looked at when the description is asked for, and by nothing else."""
