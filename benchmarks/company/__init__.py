"""A generated company of any size: S, M or L, or any part of L.

    python -m benchmarks.company --size M --data FOLDER      make one and keep it
    python -m benchmarks.company --csv customers --rows 1000000 > customers.csv

Size L is 1,000,000 customers, 1,200,000 contacts, 5,000,000 orders with 12,000,000 lines, 10,000,000 interactions; M is a
tenth, S a hundredth. A few customers bring most of the revenue, months and weekdays differ, customers come and leave,
people and companies are called as in Korea. The same seed and last day give the same rows, byte by byte; memory stays flat
but for a few numbers a customer. Rows go in by COPY; scores and search entries are made by the product's own code.
"""

from benchmarks.company.installation import company
from benchmarks.company.sizes import SIZES, Size

__all__ = ["SIZES", "Size", "company"]
