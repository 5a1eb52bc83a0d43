"""What people are told about records and work of theirs: in the page, by mail at once, or once a day."""
