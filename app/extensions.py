"""Extensions, unbound: `create_app` binds them. AppBuilder is not here: it is made anew for each application."""

from __future__ import annotations

from flask_mail import Mail
from flask_wtf import CSRFProtect

csrf = CSRFProtect()
mail = Mail()
