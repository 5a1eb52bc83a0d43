"""Calls that leave the house: where they may go, how long they may take, and what is noted of them."""
