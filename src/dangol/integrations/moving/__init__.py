"""Moving in: a whole CRM comes as a heap of files, and goes in by one act that can be tried before and taken back after."""
