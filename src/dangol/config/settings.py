"""Settings, all from the environment; see docs/settings.md for their meaning."""

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from dangol.config import environment, logs
from dangol.web import security

PACKAGE = Path(__file__).resolve().parent.parent
DATA = environment.data_directory()

DEBUG = environment.flag("DANGOL_DEBUG")
DEMO = environment.flag("DANGOL_DEMO")
SECRET_KEY = environment.secret_key()
SECRET_KEY_FALLBACKS = environment.words("DANGOL_SECRET_KEY_FALLBACKS")
HOST = environment.text("DANGOL_HOST", "127.0.0.1")
PORT = environment.number("DANGOL_PORT", 8000)
ALLOWED_HOSTS = environment.words(
    "DANGOL_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]", ".localhost", HOST)
)

# --- rooms, from top to bottom -------------------------------------------------------------------

ROOMS = [
    "dangol.administration",
    "dangol.integrations",
    "dangol.insight",
    "dangol.interactions",
    "dangol.commerce",
    "dangol.customers",
    "dangol.automation",
    "dangol.measures",
    "dangol.records",
    "dangol.web",
    "dangol.identity",
    "dangol.events",
    "dangol.outbound",
]
INSTALLED_APPS = [
    *ROOMS,
    "dangol.records.objects",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
    "allauth.idp.oidc",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.kakao",
    "allauth.socialaccount.providers.naver",
    "csp",
    "pgtrigger",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "dangol.config.requests.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "dangol.identity.middleware.ActorMiddleware",
    "dangol.identity.middleware.SignInRequiredMiddleware",
    "dangol.identity.second_factor.SecondFactorMiddleware",
    "dangol.records.objects.missing.MissingTableMiddleware",
    "dangol.records.looks.middleware.LookMiddleware",
]
ROOT_URLCONF = "dangol.config.urls"
WSGI_APPLICATION = "dangol.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "config" / "demo" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dangol.web.context.shell",
            ],
        },
    }
]

# --- database, cache, jobs -----------------------------------------------------------------------


def _database() -> dict[str, object]:
    """The connection settings of `DATABASE_URL`, or of the own PostgreSQL in the data folder."""
    parts = {key: str(value) for key, value in conninfo_to_dict(environment.database_url()).items()}
    return {
        "ENGINE": "dangol.config.database",
        "NAME": parts.pop("dbname", environment.DATABASE),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": environment.number("DANGOL_DATABASE_MAX_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": environment.flag("DANGOL_DATABASE_POOLER"),
        # Our statements are short: compiling them costs more than it saves, on any server.
        "OPTIONS": {"application_name": "dangol", "options": "-c jit=off", **parts},
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "config_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
EVENTS_KEPT_DAYS = environment.number("DANGOL_EVENTS_KEPT_DAYS", 30)
DANGOL_ENGINE = environment.text("DANGOL_ENGINE", "duckdb")
DANGOL_LAKE = environment.text("DANGOL_LAKE", "")

# --- what comes from outside, and what goes there ------------------------------------------------

DANGOL_OUTBOUND_ALLOW = environment.words("DANGOL_OUTBOUND_ALLOW")
DANGOL_IMPORT_FOLDERS = environment.words("DANGOL_IMPORT_FOLDERS", (str(DATA / "inbox"),))

DANGOL_FILES = environment.text("DANGOL_FILES", "")
DANGOL_FILES_MAX_MB = environment.number("DANGOL_FILES_MAX_MB", 25)
DANGOL_FILES_QUOTA_GB = environment.number("DANGOL_FILES_QUOTA_GB", 0)
DANGOL_FILES_TYPES = environment.words("DANGOL_FILES_TYPES")

# --- who is who ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["dangol.identity.backends.SessionBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "dangol.identity.passwords.PolicyLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "dangol.identity.passwords.BreachListValidator"},
]
BREACHED_PASSWORDS = environment.text("DANGOL_BREACHED_PASSWORDS")
# In the demo the way in is the welcome page, which needs no password (and works on loopback only).
LOGIN_URL = "demo:welcome" if DEMO else "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "dangol.identity.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "provider": "30/m/ip",
    "factor": "30/m/user",
}
USERSESSIONS_TRACK_ACTIVITY = False  # noted by identity.sessions, at most once a minute
MFA_ADAPTER = "dangol.identity.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are set by administrators
MFA_TOTP_TOLERANCE = 1  # clocks differ by half a minute
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "10/m/ip"}
MFA_FORMS = {
    "authenticate": "dangol.administration.factor_forms.CodeForm",
    "reauthenticate": "dangol.administration.factor_forms.ConfirmingCodeForm",
    "login_webauthn": "dangol.administration.factor_forms.PasskeySignInForm",
    "add_webauthn": "dangol.administration.factor_forms.PasskeyForm",
}
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 3_600
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 90 * 86_400  # begins anew with each use
IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN = 60
IDP_OIDC_RATE_LIMITS = {"token": "300/m/ip"}
SOCIALACCOUNT_ADAPTER = "dangol.identity.sso.adapter.SocialAccountAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = {"google": {"OAUTH_PKCE_ENABLED": True}}

# --- safety --------------------------------------------------------------------------------------

# Behind a proxy that ends TLS the visitor's scheme comes in a header that only the proxy may set.
BEHIND_HTTPS = environment.flag("DANGOL_HTTPS")
if environment.flag("DANGOL_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_SSL_REDIRECT = BEHIND_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = environment.number("DANGOL_HSTS_SECONDS", 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "dangol_session"
SESSION_COOKIE_SECURE = BEHIND_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = environment.number("DANGOL_SESSION_DAYS", 14) * 86_400
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CSRF_COOKIE_NAME = "dangol_csrf"
CSRF_COOKIE_SECURE = BEHIND_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = environment.words("DANGOL_TRUSTED_ORIGINS")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = security.CONTENT_SECURITY_POLICY
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- language and time ---------------------------------------------------------------------------

LANGUAGE_CODE = environment.text("DANGOL_LANGUAGE", "ko")
# Each in its own words: who looks for a language reads that one.
LANGUAGES = [("ko", "한국어"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = environment.text("DANGOL_TIME_ZONE", "Asia/Seoul")
LOCALE_PATHS = [PACKAGE / "config" / "locale", PACKAGE / "config" / "demo" / "locale"]
LANGUAGE_COOKIE_NAME = "dangol_language"

# --- files ---------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
MEDIA_ROOT = DATA / "media"
MEDIA_URL = "/media/"
FILE_UPLOAD_PERMISSIONS = 0o600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "dangol.web.storage.Storage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

DANGOL_BACKUP = "dangol.config.archives.back_up"
"""What the settings page calls for a backup: this room stands above the one that owns the page."""

# --- mail, logs ----------------------------------------------------------------------------------

EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend"
    if DEBUG
    else "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_HOST = environment.text("DANGOL_SMTP_HOST", "localhost")
EMAIL_PORT = environment.number("DANGOL_SMTP_PORT", 25)
EMAIL_HOST_USER = environment.text("DANGOL_SMTP_USER")
EMAIL_HOST_PASSWORD = environment.text("DANGOL_SMTP_PASSWORD")
EMAIL_USE_TLS = environment.flag("DANGOL_SMTP_TLS")
EMAIL_TIMEOUT = 20
# Links in mails need the address by which people reach this installation.
DANGOL_URL = environment.text("DANGOL_URL", f"http://localhost:{PORT}")
DEFAULT_FROM_EMAIL = environment.text("DANGOL_MAIL_FROM", "dangol@localhost")

SLOW_QUERY_MILLISECONDS = environment.number("DANGOL_SLOW_QUERY_MS", 0)
LOGGING_CONFIG = None
logs.configure(
    level=environment.text("DANGOL_LOG_LEVEL", "INFO"), style=environment.text("DANGOL_LOG_STYLE", "auto")
)
