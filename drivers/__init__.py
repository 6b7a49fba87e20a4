"""Protocol stacks between the gateway and its devices; `driver.py` is the contract they all keep."""
