"""The floor of the page benchmarks: a Django project with one hand-written view, served by the same server program."""
