"""DRAFT (being replaced): tokens."""
import hashlib, secrets
from itsdangerous import URLSafeTimedSerializer, BadSignature, SignatureExpired
class TokenError(Exception): pass
class TokenExpired(TokenError): pass
class TokenInvalid(TokenError): pass
def make_token():
    t = secrets.token_urlsafe(32); return t, digest(t)
def digest(t): return hashlib.sha256(t.encode()).hexdigest()
class Signer:
    def __init__(self, secret): self.secret = secret
    def _s(self, p): return URLSafeTimedSerializer(self.secret, salt=p)
    def sign(self, purpose, payload): return self._s(purpose).dumps(payload)
    def read(self, purpose, token, max_age_s):
        try: return self._s(purpose).loads(token, max_age=max_age_s)
        except SignatureExpired as e: raise TokenExpired from e
        except BadSignature as e: raise TokenInvalid from e
