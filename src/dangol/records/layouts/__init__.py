"""How forms and record pages are arranged, for all and for the people of a role."""
