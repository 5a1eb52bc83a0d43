from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """pg_trgm, which search needs. A trusted extension: the database's owner may create it."""

    initial = True
    dependencies = []
    operations = [TrigramExtension()]
