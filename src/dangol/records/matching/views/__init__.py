"""Pages: the queue of a type, its rules, and the question beside a form."""
