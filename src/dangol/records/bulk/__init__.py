"""One change or act on many records: chosen, previewed, carried out in chunks, and taken back."""
