"""Results of models and metrics that every room may read."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class Score(models.Model):
    """The present value of one score of one record, such as `rfm.segment` of customer 12.

    A number stands in `value`, a class in `label` (its code); beside an amount of money, `label` is its currency.
    `findings` are the codes of what speaks against a full score (none: NULL), `parts` the scores it is made of.
    `model` names what computed it, `as_of` the day of the data it was computed from.
    """

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    name = models.CharField(max_length=60, db_collation="C")
    value = models.DecimalField(max_digits=28, decimal_places=8, null=True)
    label = models.CharField(max_length=40, blank=True, default="", db_default="", db_collation="C")
    as_of = models.DateField()
    model = models.CharField(max_length=60, db_collation="C")
    findings = ArrayField(models.TextField(), null=True)
    parts = ArrayField(models.SmallIntegerField(null=True), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id", "name"], name="measures_score_once")
        ]
        indexes = [
            GinIndex(
                fields=["findings"],
                name="measures_score_findings",
                condition=models.Q(findings__isnull=False),
            ),
            models.Index(fields=["record_type", "name", "label", "record_id"], name="measures_score_label"),
            models.Index(fields=["record_type", "name", "value", "record_id"], name="measures_score_value"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} {self.name}"


class Series(models.Model):
    """One metric in one period: of the company (no record), or of one record.

    `period` is the first day of the period; periods without rows have no value. The figures of the company contain
    what belongs to no record, such as anonymous sales.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60, db_collation="C")
    grain = models.CharField(max_length=8, db_collation="C")
    period = models.DateField()
    record_type = models.CharField(max_length=40, blank=True, default="", db_default="", db_collation="C")
    record_id = models.BigIntegerField(null=True)
    value = models.DecimalField(max_digits=28, decimal_places=8)
    as_of = models.DateField()

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "name", "grain", "period"],
                name="measures_series_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["name", "grain", "record_type", "period"], name="measures_series_period")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period} {self.record_type} {self.record_id or ''}".strip()


class RefreshRun(models.Model):
    """One run of lake, scores and series: asked for, under way, done, failed, or stopped by somebody.

    `step` is what it is doing, `rows` how many rows of that step are done, `part` how far the whole run is (0 … 1).
    `facts` holds what the run found out: rows per dataset, currency, what was left out and how much of it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    id = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=60, blank=True, default="")
    requested_by = models.BigIntegerField(null=True)
    stop_requested = models.BooleanField(default=False)
    step = models.CharField(max_length=40, blank=True, default="")
    rows = models.BigIntegerField(default=0)
    part = models.FloatField(default=0)
    as_of = models.DateField(null=True)
    requested_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["state", "-id"], name="measures_run_state")]

    def __str__(self) -> str:
        return f"{self.pk} {self.state} {self.step}".strip()


class LakeSnapshot(models.Model):
    """A lake that was copied from this database, noted just before it is published.

    A lake that the database does not remember was copied from another one, or from a future that a restored backup
    has not seen: it cannot be brought up to date by what changed since, and is copied in full.
    """

    name = models.CharField(max_length=40, primary_key=True, db_collation="C")
    noted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class QualitySetting(models.Model):
    """What an administrator said about the data quality of one type, and how far its scores are.

    `weights` holds rule code → weight where it differs from the rule's own; 0 switches a rule off. `after` and
    `after_id` are the place in the order of transactions up to which changes were followed (`records.changes`);
    without `computed_at` all of the type is due. `edition` counts up whenever something else is expected.
    """

    record_type = models.CharField(max_length=40, primary_key=True, db_collation="C")
    weights = models.JSONField(default=dict)
    after = models.DecimalField(max_digits=20, decimal_places=0, default=0)
    after_id = models.BigIntegerField(default=0)
    computed_at = models.DateTimeField(null=True)
    edition = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.record_type


class QualityRule(models.Model):
    """What an administrator expects of the records of a type, beside what rooms and fields expect by themselves.

    `fails` and `applies` are filters: which records do not meet it, and of which it is expected at all (empty: of all).
    """

    record_type = models.CharField(max_length=40, db_collation="C")
    name_ko = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True, default="")
    dimension = models.CharField(max_length=20, db_collation="C")
    weight = models.PositiveSmallIntegerField(default=1)
    fails = models.TextField()
    applies = models.TextField(blank=True, default="")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["record_type", "pk"]

    def __str__(self) -> str:
        return self.name_ko or self.name_en

    @property
    def code(self) -> str:
        """What its findings are called in scores, filters and the API; never used again."""
        return f"own_{self.pk}"


class QualityChange(models.Model):
    """A change of what is expected of a type: it says why scores moved on a day when no record did.

    `rule` is the rule's code, `changes` what was and what is since, by attribute. Append-only.
    """

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=200, blank=True, default="")
    act = models.CharField(max_length=10, db_collation="C")
    rule = models.CharField(max_length=80, db_collation="C")
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["record_type", "-at"], name="measures_qualitychange_type")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.rule}: {self.act}"


class QualityDay(models.Model):
    """The data quality of one type on one day, of the records of one owner, team, territory and source.

    These four are what permissions and pages go by, so that whoever looks adds up only what belongs to what he may see.
    `points` is the sum of scores, `parts` the sums of the scores by dimension and `parts_of` how many records have one;
    `findings` holds rule code → records that fail it.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    record_type = models.CharField(max_length=40, db_collation="C")
    owner_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    territory_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=40, blank=True, default="", db_collation="C")
    records = models.IntegerField()
    flawed = models.IntegerField()
    points = models.BigIntegerField()
    parts = ArrayField(models.BigIntegerField(null=True))
    parts_of = ArrayField(models.IntegerField())
    findings = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "day", "owner_id", "team_id", "territory_id", "source"],
                name="measures_qualityday_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.day}"


class StandingFigures(models.Model):
    """What a standing question about a metric comes to for whoever sees everything: kept current by each refresh.

    `by` is the dimension it is split by (empty: not at all). `first` and `last` are how far the facts reach, `grain`,
    `since` and `until` the days that were asked for; `figures` the numbers, exact, as texts. `snapshot` and `taken_at` name
    the lake that they were computed from.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60, db_collation="C")
    by = models.CharField(max_length=120, blank=True, default="", db_collation="C")
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    grain = models.CharField(max_length=8, blank=True, default="", db_collation="C")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    figures = models.JSONField(default=dict)
    snapshot = models.CharField(max_length=40, db_collation="C")
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "standing figures"
        constraints = [models.UniqueConstraint(fields=["name", "by"], name="measures_standing_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.by}".strip()
