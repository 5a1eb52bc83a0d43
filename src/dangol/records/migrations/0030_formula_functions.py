from django.db import migrations

# What formulas calculate with beyond PostgreSQL's own. Total and immutable: no value makes them fail, and an index can
# hold their results. In PL/pgSQL where a constant argument could otherwise fail while a statement is planned.
FUNCTIONS = r"""
CREATE FUNCTION dangol_number(value numeric, places integer) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(value) < 1e28 THEN trim_scale(round(value, places)) END;

CREATE FUNCTION dangol_day(written text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN make_date(substr(written, 1, 4)::integer, substr(written, 6, 2)::integer, substr(written, 9, 2)::integer);

CREATE FUNCTION dangol_moment(written text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN make_timestamp(substr(written, 1, 4)::integer, substr(written, 6, 2)::integer, substr(written, 9, 2)::integer,
    substr(written, 12, 2)::integer, substr(written, 15, 2)::integer,
    rtrim(substr(written, 18), 'Z')::double precision) AT TIME ZONE 'UTC';

CREATE FUNCTION dangol_iso(value date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lpad(extract(year FROM value)::text, 4, '0') || '-' || lpad(extract(month FROM value)::text, 2, '0')
    || '-' || lpad(extract(day FROM value)::text, 2, '0');

CREATE FUNCTION dangol_make_date(year numeric, month numeric, day numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    found date;
BEGIN
    IF year NOT BETWEEN 1 AND 9999 OR month NOT BETWEEN 1 AND 12 OR day NOT BETWEEN 1 AND 31 THEN
        RETURN NULL;
    END IF;
    found := make_date(trunc(year)::integer, trunc(month)::integer, 1) + (trunc(day)::integer - 1);
    RETURN CASE WHEN extract(month FROM found) = trunc(month) THEN found END;
END $$;

CREATE FUNCTION dangol_add_days(value date, days numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
    IF (value - DATE '0001-01-01') + trunc(days) NOT BETWEEN 0 AND 3652058 THEN
        RETURN NULL;
    END IF;
    RETURN value + trunc(days)::integer;
END $$;

CREATE FUNCTION dangol_add_months(value date, months numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    place numeric := extract(year FROM value) * 12 + extract(month FROM value) - 1 + trunc(months);
    first date;
BEGIN
    IF place NOT BETWEEN 12 AND 119999 THEN
        RETURN NULL;
    END IF;
    first := make_date(div(place, 12)::integer, mod(place, 12)::integer + 1, 1);
    RETURN LEAST(first + (extract(day FROM value)::integer - 1), (first + interval '1 month')::date - 1);
END $$;

CREATE FUNCTION dangol_month_start(value date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN make_date(extract(year FROM value)::integer, extract(month FROM value)::integer, 1);

CREATE FUNCTION dangol_months(earlier date, later date) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    months numeric;
BEGIN
    IF later < earlier THEN
        RETURN -dangol_months(later, earlier);
    END IF;
    months := (extract(year FROM later) - extract(year FROM earlier)) * 12
        + extract(month FROM later) - extract(month FROM earlier);
    -- the month is full on the same day, or on its last day where it has no such day
    IF extract(day FROM later) < extract(day FROM earlier)
       AND extract(day FROM later + 1) <> 1 THEN
        months := months - 1;
    END IF;
    RETURN months;
END $$;

CREATE FUNCTION dangol_read_number(written text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    plain text := replace(btrim(written), ',', '');
BEGIN
    IF plain !~ '^[-+]?[0-9]{1,28}(\.[0-9]{1,20})?$' THEN
        RETURN NULL;
    END IF;
    RETURN plain::numeric;
END $$;
"""
NAMES = (
    "dangol_number(numeric, integer)", "dangol_day(text)", "dangol_moment(text)", "dangol_iso(date)",
    "dangol_make_date(numeric, numeric, numeric)", "dangol_add_days(date, numeric)", "dangol_add_months(date, numeric)",
    "dangol_month_start(date)", "dangol_months(date, date)", "dangol_read_number(text)",
)  # fmt: skip


class Migration(migrations.Migration):
    """Functions in the database that formula fields use."""

    dependencies = [("records", "0010_saved_views")]
    operations = [
        migrations.RunSQL(FUNCTIONS, "".join(f"DROP FUNCTION IF EXISTS {name};" for name in NAMES)),
    ]
