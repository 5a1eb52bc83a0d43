from django.apps import AppConfig


class OwnObjectsConfig(AppConfig):
    """Where the models of own objects are registered. No migration knows them: their tables come and go with them."""

    name = "dangol.records.objects"
    label = "own_objects"
