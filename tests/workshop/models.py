from django.db import models

from dangol.records.models import OwnedRecord, Record


class State(models.TextChoices):
    RUNNING = "running", "가동"
    STOPPED = "stopped", "정지"


class Machine(OwnedRecord):
    code = models.CharField("설비 번호", max_length=30, unique=True)
    name = models.CharField("이름", max_length=100)
    state = models.CharField("상태", max_length=10, choices=State, default=State.RUNNING)
    price = models.DecimalField("가격", max_digits=18, decimal_places=2, null=True, blank=True)
    power = models.IntegerField("전력", null=True, blank=True)
    installed_on = models.DateField("설치일", null=True, blank=True)
    checked_at = models.DateTimeField("점검 시각", null=True, blank=True)
    is_leased = models.BooleanField("임대", default=False)
    remark = models.TextField("비고", blank=True, default="")

    class Meta(OwnedRecord.Meta):
        indexes = [models.Index(fields=["team"], name="workshop_machine_team")]

    def __str__(self) -> str:
        return self.name


class Repair(Record):
    machine = models.ForeignKey(Machine, models.CASCADE, related_name="repairs", verbose_name="설비")
    title = models.CharField("내용", max_length=100)
    cost = models.DecimalField("비용", max_digits=18, decimal_places=2, null=True, blank=True)

    class Meta(Record.Meta):
        pass

    def __str__(self) -> str:
        return self.title
