"""What the file of Online Retail says of what the pages show, in plain SQL over its lines. Nothing of Dangol is used here.

An order is an invoice on the day of its first line; one that begins with C brings something back, one with A sets an account
right. A purchase is a day with a sale; what came back is taken from the last purchase before it, and what came back in whole is none.
"""

ORDERS = """
SELECT invoice, min(customer::DOUBLE::INTEGER) AS customer, min(moment)::DATE AS day, min(moment) AS moment, sum(amount) AS amount,
       CASE WHEN invoice LIKE 'C%' THEN 'return' WHEN invoice LIKE 'A%' OR min(quantity) < 0 THEN 'adjustment' ELSE 'sale' END AS kind
FROM lines GROUP BY invoice
"""

SALES = f"""
SELECT *, row_number() OVER own AS nth, min(day) OVER (PARTITION BY customer) AS first_day, lead(day) OVER own AS next_day
FROM ({ORDERS}) WHERE kind = 'sale' AND customer IS NOT NULL
WINDOW own AS (PARTITION BY customer ORDER BY moment, invoice)
"""

BY_MONTH = f"""
WITH months AS (SELECT unnest(generate_series(DATE '2010-12-01', DATE '2011-12-01', INTERVAL 1 MONTH))::DATE AS month),
orders AS ({ORDERS}), sales AS ({SALES})
SELECT month,
       (SELECT sum(amount) FROM lines WHERE date_trunc('month', moment) = month) AS revenue,
       (SELECT count(*) FROM orders WHERE kind = 'sale' AND date_trunc('month', day) = month) AS orders,
       count(DISTINCT customer) AS active_customers,
       count(DISTINCT customer) FILTER (WHERE first_day >= month) AS new_customers,
       count(DISTINCT customer) FILTER (WHERE first_day < month) AS returning_customers,
       count(DISTINCT customer) FILTER (WHERE nth > 1 OR next_day < month + INTERVAL 1 MONTH) AS repeat_customers,
       count(invoice) AS customers_orders
FROM months LEFT JOIN sales ON date_trunc('month', sales.day) = month
GROUP BY month ORDER BY month
"""

COHORTS = f"""
SELECT date_trunc('month', first_day)::DATE AS began, date_diff('month', date_trunc('month', first_day), day) AS later,
       count(DISTINCT customer) AS customers
FROM ({SALES}) GROUP BY ALL
"""

COUNTRIES = f"""
WITH lived AS (
    SELECT CustomerID::DOUBLE::INTEGER AS customer, list(DISTINCT Country) AS countries
    FROM read_csv($file, header = true, all_varchar = true) WHERE CustomerID <> '' GROUP BY 1
),
unsure AS (SELECT DISTINCT unnest(countries) AS country FROM lived WHERE len(countries) > 1)
SELECT countries[1] AS country, count(*) AS orders
FROM ({ORDERS}) JOIN lived USING (customer)
WHERE kind = 'sale' AND len(countries) = 1 AND countries[1] NOT IN (SELECT country FROM unsure) GROUP BY 1
"""
"""Sales by country, but for countries that share a customer with another: such a customer has only one of them here."""

YEAR = f"""
WITH customers AS (
    SELECT customer, count(*) FILTER (WHERE kind = 'sale' AND day >= DATE '2010-12-10') AS sales
    FROM ({ORDERS}) WHERE customer IS NOT NULL GROUP BY customer
)
SELECT (SELECT sum(amount) FROM ({ORDERS}) WHERE day >= DATE '2010-12-10') AS revenue,
       count(*) FILTER (WHERE sales >= 1) AS active, count(*) FILTER (WHERE sales >= 2) AS again, count(*) AS known
FROM customers
"""

RHYTHM = f"""
SELECT customer, count(DISTINCT day) AS days, date_diff('day', min(day), max(day)) AS between_first_and_last
FROM ({ORDERS}) WHERE kind = 'sale' AND customer IS NOT NULL GROUP BY customer
"""


def purchases(until: str) -> str:
    """Customer, day and value of each purchase as it stood at the end of a day."""
    return f"""
    WITH days AS (
        SELECT customer, day, sum(amount) FILTER (WHERE kind = 'sale') AS sold, sum(amount) FILTER (WHERE kind <> 'sale') AS back
        FROM ({ORDERS}) WHERE customer IS NOT NULL AND day <= DATE '{until}' GROUP BY customer, day
    ),
    bought AS (SELECT customer, day, sold FROM days WHERE sold IS NOT NULL),
    brought_back AS (
        SELECT b.customer, b.day, sum(d.back) AS back
        FROM days d ASOF JOIN bought b ON d.customer = b.customer AND d.day >= b.day
        WHERE d.back <> 0 GROUP BY b.customer, b.day
    )
    SELECT customer, day, sold + coalesce(back, 0) AS value
    FROM bought LEFT JOIN brought_back USING (customer, day) WHERE back IS NULL OR sold + back > 0
    """


STAYING = f"""
WITH customers AS (
    SELECT customer, min(day) AS first, max(day) AS last FROM ({purchases("2011-12-09")}) GROUP BY customer
),
gaps AS (
    SELECT date_diff('day', lag(day) OVER (PARTITION BY customer ORDER BY day), day) AS gap FROM ({purchases("2011-12-09")})
),
gap AS (SELECT ceil(quantile_cont(gap, 0.9))::INTEGER AS gap FROM gaps WHERE gap IS NOT NULL)
SELECT customer, first, last, gap, date_diff('day', last, DATE '2011-12-09') > gap AS gone FROM customers, gap
"""

CURVE = f"""
WITH ends AS (
    SELECT year, stayed, count(*) AS all_here, count(*) FILTER (WHERE gone) AS gone
    FROM (SELECT year(first) AS year, date_diff('day', first, last) / (365.25 / 12) AS stayed, gone FROM ({STAYING}))
    GROUP BY year, stayed
),
steps AS (
    SELECT year, stayed, gone, sum(all_here) OVER (PARTITION BY year ORDER BY stayed DESC) AS at_risk FROM ends
)
SELECT year, stayed, product(1 - gone / at_risk) OVER (PARTITION BY year ORDER BY stayed) AS share FROM steps
"""

BANDS = f"""
WITH ends AS (
    SELECT year, stayed, count(*) AS all_here, count(*) FILTER (WHERE gone) AS gone
    FROM (
        SELECT unnest([0, year(first)]) AS year, date_diff('day', first, last) / (365.25 / 12) AS stayed, gone FROM ({STAYING})
    ) GROUP BY year, stayed
),
steps AS (
    SELECT *, sum(all_here) OVER (PARTITION BY year ORDER BY stayed DESC)::DOUBLE AS at_risk FROM ends
),
curve AS (
    SELECT *, product(1 - gone / at_risk) OVER own AS share, sqrt(sum(gone / (at_risk * (at_risk - gone))) OVER own) AS spread
    FROM steps WHERE gone > 0 WINDOW own AS (PARTITION BY year ORDER BY stayed)
)
SELECT year, stayed, share, share ** exp(1.959964 * spread / abs(ln(share))) AS low,
       share ** exp(-1.959964 * spread / abs(ln(share))) AS high
FROM curve ORDER BY year, stayed
"""
"""The curve of all (year 0) and of each year with Greenwood's variance on the scale of the double logarithm."""

TWO_YEARS = f"""
WITH people AS (
    SELECT year(first) = 2010 AS early, date_diff('day', first, last) AS stayed, gone FROM ({STAYING})
),
moments AS (SELECT DISTINCT stayed FROM people WHERE gone),
counts AS (
    SELECT m.stayed, count(*)::DOUBLE AS n, count(*) FILTER (WHERE early)::DOUBLE AS n1,
           count(*) FILTER (WHERE gone AND p.stayed = m.stayed)::DOUBLE AS d,
           count(*) FILTER (WHERE gone AND early AND p.stayed = m.stayed)::DOUBLE AS d1
    FROM moments m JOIN people p ON p.stayed >= m.stayed GROUP BY m.stayed
)
SELECT sum(d1 - d * n1 / n) ** 2 / sum(CASE WHEN n > 1 THEN d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1) ELSE 0 END) AS statistic
FROM counts
"""
"""Mantel and Haenszel's statistic: those who began in 2010 against the others, with one degree of freedom."""

LOST = f"""
SELECT count(*) AS lost FROM (
    SELECT customer, max(day) AS last FROM ({ORDERS}) WHERE kind = 'sale' AND customer IS NOT NULL GROUP BY customer
) WHERE last < DATE '2011-01-01'
"""
"""For the last month of 2011: whose last order was in that month a year before."""

TOGETHER = f"""
WITH customers AS (
    SELECT customer, count(*) FILTER (WHERE kind = 'sale' AND day >= DATE '2010-12-10') AS orders,
           sum(amount) FILTER (WHERE day >= DATE '2010-12-10') AS revenue
    FROM ({ORDERS}) WHERE customer IS NOT NULL GROUP BY customer
)
SELECT count(*) FILTER (WHERE orders >= 5) AS often, count(*) FILTER (WHERE revenue >= 2000) AS dear,
       count(*) FILTER (WHERE orders >= 5 AND revenue >= 2000) AS both
FROM customers
"""

KEPT = f"""
WITH bought AS ({purchases("2011-12-09")}),
first AS (SELECT customer, min(day) AS first FROM bought GROUP BY customer)
SELECT strftime(first, '%Y-%m') AS began, date_diff('month', date_trunc('month', first), day) AS later,
       count(DISTINCT customer) AS customers
FROM bought JOIN first USING (customer) WHERE day < DATE '2011-12-01' GROUP BY ALL
"""


def held_out(start: str) -> str:
    """Of each customer known before a day: repeat purchases so far, what everybody going on as so far would buy, what came."""
    return f"""
    WITH before AS ({purchases("CUT")}), whole AS ({purchases("2011-12-09")}),
    known AS (
        SELECT customer, count(*) - 1 AS again, greatest(date_diff('day', min(day), DATE 'CUT'), 0.5) AS age FROM before GROUP BY customer
    ),
    later AS (SELECT customer, count(*) AS came FROM whole WHERE day > DATE 'CUT' GROUP BY customer),
    paid AS (SELECT customer, sum(amount) AS money FROM ({ORDERS}) WHERE day > DATE 'CUT' GROUP BY customer)
    SELECT customer, again, again / age * date_diff('day', DATE 'CUT', DATE '2011-12-09') AS simple, coalesce(came, 0) AS came,
           greatest(coalesce(money, 0), 0) AS money
    FROM known LEFT JOIN later USING (customer) LEFT JOIN paid USING (customer)
    """.replace("CUT", start)
