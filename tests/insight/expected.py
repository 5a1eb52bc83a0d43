"""What the real file says, asked of the file itself in plain SQL. Nothing of Dangol is used here."""

import duckdb

LINES = """
CREATE TABLE lines AS
SELECT InvoiceNo AS invoice, nullif(CustomerID, '') AS customer,
       InvoiceDate::TIMESTAMP AS moment, Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(18, 4) AS amount,
       Quantity::INTEGER AS quantity
FROM read_csv(?, header = true, all_varchar = true)
"""

MONTHS = """
SELECT strftime(moment, '%Y-%m') AS month, sum(amount) AS revenue,
       count(DISTINCT invoice) FILTER (WHERE invoice NOT LIKE 'C%' AND invoice NOT LIKE 'A%' AND sale) AS orders,
       count(DISTINCT customer) FILTER (WHERE invoice NOT LIKE 'C%' AND customer IS NOT NULL) AS customers
FROM (SELECT *, first_value(quantity) OVER (PARTITION BY invoice ORDER BY quantity) >= 0 AS sale FROM lines)
GROUP BY month ORDER BY month
"""

NEW = """
SELECT strftime(first, '%Y-%m') AS month, count(*) AS customers
FROM (
    SELECT min(moment) AS first FROM lines
    WHERE customer IS NOT NULL AND invoice NOT LIKE 'C%' GROUP BY customer
)
GROUP BY month ORDER BY month
"""

CUSTOMERS = """
WITH one AS (
    SELECT customer::DOUBLE::INTEGER AS customer, sum(amount) AS monetary,
           max(moment::DATE) FILTER (WHERE invoice NOT LIKE 'C%') AS last_sale,
           min(moment) FILTER (WHERE invoice NOT LIKE 'C%') AS first_sale,
           count(DISTINCT invoice) FILTER (WHERE invoice NOT LIKE 'C%') AS frequency,
           count(DISTINCT invoice) FILTER (WHERE invoice LIKE 'C%') AS returns,
           sum(amount) FILTER (WHERE invoice LIKE 'C%') AS returned
    FROM lines WHERE customer IS NOT NULL GROUP BY customer
),
measured AS (
    SELECT *, date_diff('day', last_sale, DATE '2011-12-09') AS recency FROM one WHERE frequency > 0
),
scored AS (
    SELECT customer,
           1 + (5 * (SELECT count(*) FROM measured o WHERE o.recency > m.recency)) // (SELECT count(*) FROM measured) AS r,
           1 + (5 * (SELECT count(*) FROM measured o WHERE o.frequency < m.frequency)) // (SELECT count(*) FROM measured) AS f,
           1 + (5 * (SELECT count(*) FROM measured o WHERE o.monetary < m.monetary)) // (SELECT count(*) FROM measured) AS m
    FROM measured m
)
SELECT one.customer, one.monetary, one.frequency, one.returns, one.returned, one.first_sale, one.last_sale,
       measured.recency, scored.r, scored.f, scored.m,
       CASE
           WHEN scored.r >= 4 AND scored.f >= 4 AND scored.m >= 4 THEN 'champions'
           WHEN scored.r >= 3 AND (scored.f >= 4 OR (scored.f = 3 AND scored.m >= 3)) THEN 'loyal'
           WHEN scored.r >= 4 AND scored.f = 1 THEN 'new'
           WHEN scored.r >= 4 THEN 'growing'
           WHEN scored.r = 3 THEN 'needs_attention'
           WHEN scored.r <= 2 AND scored.f + scored.m >= 6 THEN 'at_risk'
           WHEN scored.r = 2 THEN 'asleep'
           WHEN scored.r = 1 THEN 'lost'
       END AS segment
FROM one LEFT JOIN measured USING (customer) LEFT JOIN scored USING (customer)
"""

BEST_FIFTH = """
WITH one AS (SELECT customer, sum(amount) AS value FROM lines WHERE customer IS NOT NULL GROUP BY customer),
placed AS (SELECT value, row_number() OVER (ORDER BY value DESC) AS place, count(*) OVER () AS n FROM one)
SELECT sum(value) FILTER (WHERE place <= ceil(n * 0.2)) / sum(value)::DOUBLE AS share,
       count(*) FILTER (WHERE place <= ceil(n * 0.2)) AS customers,
       sum(value) FILTER (WHERE place <= ceil(n * 0.2)) AS revenue,
       sum(value) AS total
FROM placed
"""


class Expected:
    """The answers of the file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._engine = duckdb.connect()
        self._engine.execute(LINES, [path])

    def rows(self, statement: str) -> list[dict]:
        cursor = self._engine.execute(statement, {"file": self._path} if "$file" in statement else None)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
