from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "dangol.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Note at every sign-in when the session began."""
        from django.contrib.auth.signals import user_logged_in

        from dangol.identity import sessions

        user_logged_in.connect(sessions.begin, dispatch_uid="dangol.identity.sessions.begin")
