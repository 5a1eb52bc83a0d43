"""Fields that administrators make: their definitions, indexes, conditions and removal. Kinds are in `fields/own.py`."""
