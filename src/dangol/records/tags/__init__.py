"""Tags: one vocabulary for the company, borne by the records of every type."""
