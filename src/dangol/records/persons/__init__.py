"""The rights of the people whose data is kept: what there is about one, handed over, or erased with a certificate."""
