"""What Docent's settings mean to Flask and its extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.roles import ROLES
from models.engine import engine_options

if TYPE_CHECKING:
    from config import Config


def _of_flask(config: Config) -> dict[str, Any]:
    is_secure = config.address.startswith("https://")
    return {
        "SECRET_KEY": config.secret_key,
        "SECRET_KEY_FALLBACKS": list(config.former_secret_keys),
        "WTF_CSRF_SECRET_KEY": [*config.former_secret_keys[::-1], config.secret_key],  # pages open meanwhile
        "MAX_CONTENT_LENGTH": config.max_upload_bytes + 1_000_000,
        "MAX_FORM_MEMORY_SIZE": 2_000_000,
        "SESSION_COOKIE_NAME": "__Host-docent" if is_secure else "docent",  # browsers then hold it to this very host
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": is_secure,
        "SQLALCHEMY_DATABASE_URI": config.database,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config.database),
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open over lunch is not an attack; the token dies with the session
    }


def _of_appbuilder(config: Config) -> dict[str, Any]:
    return {
        "APP_NAME": "Docent",
        "FAB_SECURITY_MANAGER_CLASS": "app.security.DocentSecurityManager",
        "FAB_INDEX_VIEW": "views.home.HomeView",
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_MENU_API": False,
        "BABEL_DEFAULT_LOCALE": config.default_language,
        "FAB_ROLES": ROLES,
        "AUTH_ROLE_ADMIN": "Superadmin",
        "RATELIMIT_ENABLED": False,  # limits are ours: app/limits.py
    }


def _of_mail(config: Config) -> dict[str, Any]:
    return {
        "MAIL_SERVER": config.mail_server,
        "MAIL_PORT": config.mail_port,
        "MAIL_USERNAME": config.mail_username or None,
        "MAIL_PASSWORD": config.mail_password or None,
        "MAIL_USE_TLS": config.mail_use_tls and not config.mail_use_ssl,
        "MAIL_USE_SSL": config.mail_use_ssl,
        "MAIL_DEFAULT_SENDER": config.mail_sender,
    }


def flask_settings(config: Config) -> dict[str, Any]:
    """Return Flask's configuration for an installation."""
    return {**_of_flask(config), **_of_appbuilder(config), **_of_mail(config)}
