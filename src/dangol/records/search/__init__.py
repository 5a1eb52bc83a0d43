"""Search over every record type: `keys` say what is found by what, `index` keeps the dictionary, `query` asks it."""
