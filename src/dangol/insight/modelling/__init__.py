"""The model room: what is learnt from the lake, judged on time it had not seen, published, and used for scores."""
