from django.db import migrations


def move(apps, schema_editor):
    """The gap was said with lifetime value, which does not use it; it belongs to defection, and to the page of retention."""
    setting = apps.get_model("insight", "ModelSetting")
    for said in setting.objects.filter(purpose="lifetime_value", gap_days__isnull=False):
        setting.objects.update_or_create(purpose="defection", defaults={"gap_days": said.gap_days})
        setting.objects.filter(pk=said.pk).update(gap_days=None)


def back(apps, schema_editor):
    setting = apps.get_model("insight", "ModelSetting")
    for said in setting.objects.filter(purpose="defection", gap_days__isnull=False):
        setting.objects.update_or_create(purpose="lifetime_value", defaults={"gap_days": said.gap_days})
        setting.objects.filter(pk=said.pk).update(gap_days=None)


class Migration(migrations.Migration):
    dependencies = [("insight", "0005_reports")]

    operations = [migrations.RunPython(move, back)]
