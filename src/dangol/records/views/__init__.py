"""Generic pages, split by what one does on them."""
